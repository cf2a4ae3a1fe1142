import { DiscoveryClient, RedisRegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import { RedisServer, serverIsMissing, ServerProcess } from 'hazeljs-test-servers'
import { Redis } from 'ioredis'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { clientOf } from './clients.fixture.js'

const patience = { timeout: 20_000, interval: 50 }
const options = { ttl: 3, callTimeout: '500ms', resyncInterval: '1s' } as const

/** A Sentinel that watches over one master, on the port after its own choice. */
async function startSentinel(master: RedisServer): Promise<{ readonly port: number; kill(): Promise<void> }> {
  const placeholder = await RedisServer.start()
  await placeholder.kill() // its port is free now
  const { port } = placeholder
  const config = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor main 127.0.0.1 ${master.port} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 3000',
  ]
  const command = (folder: string) => {
    const file = join(folder, 'sentinel.conf')
    writeFileSync(file, `${config.join('\n')}\n`)
    return ['redis-server', file, '--sentinel']
  }
  const isReady = async () => {
    const client = clientOf(port, { retryStrategy: () => null })
    const info = await client.info('sentinel').finally(() => client.disconnect())
    return info.includes('slaves=1')
  }
  const process = await ServerProcess.start(command, isReady)
  return { port, kill: () => process.kill() }
}

describe.skipIf(serverIsMissing('redis-server'))('a RedisRegistryBackend whose client asks Sentinels', () => {
  it('goes on with the new master: no request fails, and all are back', async () => {
    const master = await RedisServer.start()
    const replica = await RedisServer.start('--replicaof', '127.0.0.1', String(master.port))
    const sentinel = await startSentinel(master)
    const open = () => {
      const redis = new Redis({ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'main' })
      redis.on('error', () => undefined)
      return { redis, backend: new RedisRegistryBackend(redis, options) }
    }
    const [owner, reader] = [open(), open()]
    const registries = [4001, 4002].map((port) => new ServiceRegistry({ name: 'orders', port }, owner.backend))
    await Promise.all(registries.map((registry) => registry.register()))
    const client = new DiscoveryClient({ refreshInterval: '500ms' }, reader.backend)
    expect(await client.getInstances('orders')).toHaveLength(2)

    await master.kill()
    const promoted = clientOf(replica.port)
    await expect.poll(async () => (await promoted.role())[0], patience).toBe('master')
    for (let time = 0; time < 100; time++) {
      expect(await client.getInstance('orders')).not.toBeNull()
      await pause(20)
    }
    const third = new ServiceRegistry({ name: 'orders', port: 4003 }, owner.backend)
    await expect
      .poll(
        () =>
          third.register().then(
            () => 'registered',
            () => 'refused',
          ),
        patience,
      )
      .toBe('registered')
    const ids = () => client.getInstances('orders').then((instances) => instances.map(({ port }) => port))
    await expect.poll(ids, patience).toEqual([4001, 4002, 4003])

    await client.close()
    for (const { redis, backend } of [owner, reader]) {
      await backend.close()
      redis.disconnect()
    }
    promoted.disconnect()
    await Promise.all([sentinel.kill(), replica.kill()])
  }, 60_000)
})
