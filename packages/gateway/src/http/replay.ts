import type { CallContext } from '@hazeljs/resilience'
import { PassThrough, type Readable } from 'node:stream'

/** Longer bodies stream and are not sent twice. */
export const replayBytes = 65_536

/**
 * Reads a body up to {@link replayBytes}. A shorter one becomes a Buffer, which can be sent as often as it takes; a longer one stays
 * a stream of what was read and what is still to come.
 */
export function keepForReplay(body: Readable | Buffer, context: CallContext): Promise<Readable | Buffer> {
  if (Buffer.isBuffer(body)) return Promise.resolve(body)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = () => {
      body.off('data', onData).off('end', onEnd).off('error', onError)
      context.cancellation.offAbort(onError)
    }
    const onData = (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= replayBytes) return
      stop()
      body.pause()
      const rest = new PassThrough()
      for (const kept of chunks) rest.write(kept)
      resolve(body.pipe(rest))
    }
    const onEnd = () => {
      stop()
      resolve(Buffer.concat(chunks, size))
    }
    const onError = (reason: unknown) => {
      stop()
      reject(reason)
    }
    body.on('data', onData).on('end', onEnd).on('error', onError)
    context.cancellation.onAbort(onError)
  })
}
