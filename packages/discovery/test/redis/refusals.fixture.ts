// A process of its own, run with --unhandled-rejections=strict: everything that can go wrong with Redis goes wrong while registrations and
// clients are at work. Arguments: the port of a server with a password, that of one to be killed and its process id, a port without a server.
import { DiscoveryClient, RedisRegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import { Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'

const [withPassword, killed, pid, free] = process.argv.slice(2).map(Number) as [number, number, number, number]
const options = { ttl: 0.3, callTimeout: 300, resyncInterval: 100 }
const printed = console.error
console.error = () => undefined // ioredis says what happens to a client without a listener

/** Without listeners of its own, as careless users have it. */
function use(port: number, clientOptions = {}) {
  const redis = new Redis(port, '127.0.0.1', clientOptions)
  const backend = new RedisRegistryBackend(redis, options)
  const client = new DiscoveryClient({ refreshInterval: 100 }, backend)
  const registry = new ServiceRegistry({ name: 'orders', port: 4000 }, backend)
  const picker = client.picker('orders')
  const begin = () => Promise.allSettled([registry.register(), client.getInstance('orders'), client.getAllServices(), backend.cleanup()])
  const end = async () => {
    picker.close()
    await client.close()
    await registry.deregister().catch(() => undefined)
    await backend.close()
    redis.disconnect()
  }
  return { begin, end }
}

const uses = [
  use(withPassword, { password: 'wrong' }),
  use(withPassword),
  use(free),
  use(free, { enableOfflineQueue: false }),
  use(free, { maxRetriesPerRequest: null }),
  use(free, { retryStrategy: null }),
  use(free, { lazyConnect: true }),
  use(killed),
]
const outcomes = (await Promise.all(uses.map(({ begin }) => begin()))).map((settled) => settled.map(({ status }) => status))
process.kill(pid, 'SIGSTOP')
await pause(500)
process.kill(pid, 'SIGKILL')
await pause(500)
await Promise.all(uses.map(({ end }) => end()))
console.error = printed
process.stdout.write(JSON.stringify(outcomes))
