import { RedisRegistryBackend, type RedisClient } from '@hazeljs/discovery'
import { Cluster, Redis } from 'ioredis'
import { expect, it } from 'vitest'

it('takes the clients of ioredis as they are', async () => {
  const clients: RedisClient[] = [new Redis({ lazyConnect: true }), new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true })]
  for (const client of clients) {
    const backend = new RedisRegistryBackend(client)
    expect(backend.ttlMs).toBe(90_000)
    await backend.close()
    expect(client.status).toBe('wait')
  }
})
