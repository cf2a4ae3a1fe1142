// An instance of a service, in a process of its own, that registers with the test's registry. At SIGTERM it takes itself out of service, drains,
// deregisters, lets its server finish and ends. Arguments: an `InstanceOrders` as JSON.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type RegistryBackend, ServiceRegistry } from '@hazeljs/discovery'

export interface InstanceOrders {
  /** Between being out of service and being gone. */
  readonly drainMs: number
}

/** A call of the registry that the test holds; it sends a {@link RegistryReply} back. */
export interface RegistryCall {
  readonly number: number
  readonly method: 'register' | 'deregister' | 'heartbeat' | 'getInstance' | 'getInstances' | 'getAllServices' | 'updateStatus' | 'cleanup'
  readonly args: readonly unknown[]
}

export interface RegistryReply {
  readonly number: number
  readonly result: unknown
}

const waiting = new Map<number, (result: unknown) => void>()
process.on('message', ({ number, result }: RegistryReply) => {
  waiting.get(number)?.(result)
  waiting.delete(number)
})

function calling<T>(method: RegistryCall['method']) {
  return (...args: unknown[]) =>
    new Promise<T>((resolve) => {
      const call: RegistryCall = { number: waiting.size === 0 ? 1 : Math.max(...waiting.keys()) + 1, method, args }
      waiting.set(call.number, (result) => {
        resolve(result as T)
      })
      process.send?.(call)
    })
}

const backend: RegistryBackend = {
  ttlMs: 90_000,
  register: calling('register'),
  deregister: calling('deregister'),
  heartbeat: calling('heartbeat'),
  getInstance: calling('getInstance'),
  getInstances: calling('getInstances'),
  getAllServices: calling('getAllServices'),
  updateStatus: calling('updateStatus'),
  cleanup: calling('cleanup'),
}

const { drainMs } = JSON.parse(process.argv[2] ?? '') as InstanceOrders
const server = createServer((request, response) => {
  const afterMs = Number(new URL(request.url ?? '', 'http://instance').searchParams.get('after') ?? 0)
  const body: Buffer[] = []
  request.on('data', (chunk: Buffer) => body.push(chunk))
  request.on('end', () => void pause(afterMs).then(() => response.end(`${request.url ?? ''} ${Buffer.concat(body).toString()}`)))
})
server.listen(0, '127.0.0.1', () => void begin())

async function begin(): Promise<void> {
  const { port } = server.address() as AddressInfo
  const registry = new ServiceRegistry({ name: 'service', port, drain: drainMs, shutdownOnSignals: false }, backend)
  await registry.register()
  process.once('SIGTERM', () => {
    void registry.shutdown().then(() => {
      server.close(() => process.exit(0))
    })
  })
  process.send?.({ ready: { id: registry.getInstance()?.id } })
}
