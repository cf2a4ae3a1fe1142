import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// The packages beside which docs/discovery-comparison.md puts ours. Files of the published package are read one by one: its index needs a
// package that the registry does not have.

const require = createRequire(import.meta.url)
const published = dirname(require.resolve('hazeljs-discovery-published/package.json'))

export interface PublishedInstance {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly port: number
  readonly zone?: string
  readonly status: string
  readonly tags: readonly string[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly lastHeartbeat: Date
  readonly registeredAt: Date
}

export interface PublishedBackend {
  register(instance: PublishedInstance): Promise<void>
  heartbeat(id: string): Promise<void>
  getInstances(name: string, filter?: object): Promise<PublishedInstance[]>
  getInstance(id: string): Promise<PublishedInstance | null>
  updateStatus(id: string, status: string): Promise<void>
}

interface PublishedStrategy {
  choose(instances: readonly PublishedInstance[], key?: string): PublishedInstance | null
  incrementConnections?(id: string): void
}

interface PublishedClient {
  clearCache(): void
  getInstance(name: string, strategy?: string, filter?: object): Promise<PublishedInstance | null>
  getInstances(name: string, filter?: object): Promise<PublishedInstance[]>
  close(): void
}

/** @hazeljs/discovery 2.0.2, as the registry of npm has it. */
export const hazel = {
  ...(require(join(published, 'dist/backends/memory-backend.js')) as { MemoryRegistryBackend: new () => PublishedBackend }),
  ...(require(join(published, 'dist/backends/redis-backend.js')) as {
    RedisRegistryBackend: new (redis: unknown, config: object) => PublishedBackend
  }),
  ...(require(join(published, 'dist/client/discovery-client.js')) as {
    DiscoveryClient: new (config: object, backend: PublishedBackend) => PublishedClient
  }),
  ...(require(join(published, 'dist/load-balancer/strategies.js')) as {
    LoadBalancerFactory: new () => { create(name: string, options?: object): PublishedStrategy }
  }),
}

export function publishedInstance(differences: Partial<PublishedInstance> = {}): PublishedInstance {
  const { name = 'orders', host = '127.0.0.1', port = 3000 } = differences
  const now = new Date(0)
  return {
    ...{ id: `${name}:${host}:${port}`, name, host, port, status: 'UP', tags: [], metadata: {}, lastHeartbeat: now, registeredAt: now },
    ...differences,
  }
}

interface ShardStrategy {
  needRebuild: boolean
  select(endpoints: readonly { readonly id: string }[], context: { readonly params: { readonly key: string } }): { readonly id: string }
}

interface BrokerDefaults {
  readonly heartbeatInterval: number
  readonly heartbeatTimeout: number
  readonly circuitBreaker: { readonly enabled: boolean }
}

/** moleculer 0.14, the newest that runs on Node 20. */
export const moleculer = require('moleculer') as {
  readonly MOLECULER_VERSION: string
  readonly ServiceBroker: { new (options: object): { readonly registry: unknown }; readonly defaultOptions: BrokerDefaults }
  readonly Strategies: { Shard: new (registry: unknown, broker: object, options: object) => ShardStrategy } & Record<string, unknown>
  readonly Discoverers: Readonly<Record<string, unknown>>
}
