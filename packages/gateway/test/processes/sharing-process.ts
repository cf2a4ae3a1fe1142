// A gateway in a process of its own that shares the rollout of its one route with others, through Redis. It sends what happens to the rollout
// to the test, and does what that tells it. Arguments: `SharingOrders` as JSON.
import { silentLogger } from '@hazeljs/core'
import { MemoryRegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import type * as ioredis from 'ioredis'
import { createRequire } from 'node:module'
import { type CanaryConfig, type CanaryStatus, type GatewayEvents, GatewayServer } from '../../src/index.js'
import { RedisCanaryStore } from '../../src/redis/index.js'

export interface SharingOrders {
  readonly redisPort: number
  /** Of the two versions. */
  readonly ports: Readonly<Record<string, number>>
  readonly canary: CanaryConfig
}

/** `at` is the machine's time. */
export interface RolloutMessage {
  readonly event: string
  readonly weight: number
  readonly at: number
}

export interface StatusMessage {
  readonly status: Pick<CanaryStatus, 'state' | 'canaryWeight' | 'leads' | 'storeAnswers'>
}

const { redisPort, ports, canary } = JSON.parse(process.argv[2] ?? '') as SharingOrders
const backend = new MemoryRegistryBackend()
for (const [version, port] of Object.entries(ports))
  await new ServiceRegistry({ name: 'service', port, metadata: { version } }, backend).register()
// Of the package's: the bundle lies elsewhere.
const { Redis } = createRequire(import.meta.url)('ioredis') as typeof ioredis
const redis = new Redis(redisPort, '127.0.0.1', { retryStrategy: () => 100 })
redis.on('error', () => undefined)
const canaryStore = new RedisCanaryStore(redis)
const routes = [{ path: '/**', serviceName: 'service', canary }]
const gateway = GatewayServer.fromConfig({ routes }, backend, { logger: silentLogger, canaryStore })

const send = (message: object) => process.send?.(message)
const events: readonly (keyof GatewayEvents)[] = ['canary:promote', 'canary:rollback', 'canary:paused', 'canary:complete', 'canary:fault']
const weightNow = () => gateway.getCanaryEngine('/**')?.getStatus().canaryWeight ?? -1
for (const event of events) {
  gateway.on(event, () => {
    const message: RolloutMessage = { event, weight: weightNow(), at: Date.now() }
    send(message)
  })
}
process.on('message', (order: 'status' | 'close') => {
  if (order === 'close') void close()
  else {
    const status = gateway.getCanaryEngine('/**')?.getStatus()
    const message: StatusMessage | undefined = status && { status }
    send(message ?? {})
  }
})

async function close(): Promise<void> {
  await gateway.close({ acceptGrace: 0 })
  await canaryStore.close()
  redis.disconnect()
  process.disconnect()
}

const { port } = await gateway.listen({ port: 0, host: '127.0.0.1' })
gateway.startCanaries()
send({ ready: { port } })
