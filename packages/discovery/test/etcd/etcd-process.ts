import { setTimeout as pause } from 'node:timers/promises'
import { DiscoveryClient, EtcdRegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'

/** What the process is to do, as JSON in its first argument. It closes nothing: it has to end by itself. */
export interface Orders {
  readonly endpoints: readonly string[]
  readonly workMs: number
}

/** What it tells its parent. */
export interface Told {
  readonly ready?: true
  readonly calls?: number
  readonly failures?: readonly string[]
}

const { endpoints, workMs } = JSON.parse(process.argv[2] ?? '{}') as Orders
const tell = (told: Told) => process.send?.(told)

const options = { ttl: '1s', requestTimeout: '150ms', watchIdleTimeout: '150ms' }
const backends = endpoints.map((endpoint) => new EtcdRegistryBackend({ endpoints: endpoint, username: 'a', password: 'b', ...options }))
const failures = new Set<string>()
const failed = (error: unknown) => void failures.add(error instanceof Error ? error.constructor.name : String(error))
const until = AbortSignal.timeout(workMs)
let calls = 0

async function use(backend: EtcdRegistryBackend): Promise<void> {
  backend.watch('orders', () => {
    throw new Error('a listener that throws')
  })
  backend.watch('users', () => Promise.reject(new Error('a listener that rejects')))
  void new ServiceRegistry({ name: 'orders', port: 1, shutdownOnSignals: false }, backend).register().catch(failed)
  const client = new DiscoveryClient({}, backend)
  while (!until.aborted) {
    const instance = sampleInstance({ name: 'users', port: 1 + (calls % 10) })
    const all = [
      () => backend.register(instance),
      () => backend.heartbeat(instance.id),
      () => backend.updateStatus(instance.id, 'DOWN'),
      () => backend.getInstance(instance.id),
      () => backend.getInstances('users'),
      () => backend.getAllServices(),
      () => backend.deregister(instance.id),
      () => client.getInstance('orders'),
    ]
    await Promise.all(all.map((call) => call().catch(failed)))
    calls += all.length
    await pause(20)
  }
}

process.on('warning', () => undefined)
tell({ ready: true })
await Promise.all(backends.map(use))
tell({ calls, failures: [...failures] })
process.disconnect()
