import { isAbsolute, relative } from 'node:path'
import { type ServiceInstance, show } from '@hazeljs/core'

/** Systems cut longer ones off instead of refusing them, and another socket could have what is left: macOS, the strictest, takes 103 bytes. */
const maxSocketPathBytes = 103

/**
 * The Unix socket of an instance: its `metadata.socketPath`; `undefined` where it has none. It has to lie below `directory`, for whoever
 * may register an instance must not reach every socket of the machine (that of Docker, say).
 *
 * @throws {Error} for one that lies elsewhere, and where the configuration names no directory.
 */
export function socketPathOf(
  { id, metadata }: Pick<ServiceInstance, 'id' | 'metadata'>,
  directory: string | undefined,
): string | undefined {
  const { socketPath } = metadata
  if (socketPath === undefined) return undefined
  const described = `The instance ${id} has the metadata.socketPath ${show(socketPath)}`
  if (directory === undefined) throw new Error(`${described}, but upstream.socketDirectory is not set`)
  if (typeof socketPath !== 'string' || !isAbsolute(socketPath) || socketPath.includes('\0') || !liesBelow(directory, socketPath))
    throw new Error(`${described}, which is no path below upstream.socketDirectory`)
  if (Buffer.byteLength(socketPath) > maxSocketPathBytes) throw new Error(`${described}, which is longer than ${maxSocketPathBytes} bytes`)
  return socketPath
}

function liesBelow(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return way !== '' && !way.startsWith('..') && !isAbsolute(way)
}
