import { sampleInstance } from '@hazeljs/discovery/testing'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeInstance } from '../../src/backends/instance-record.js'
import { RegistryKeys } from '../../src/backends/redis/registry-keys.js'
import { registerScript } from '../../src/backends/redis/scripts.js'
import { Backends, clientOf, recorded } from './clients.fixture.js'

const patience = { timeout: 5_000, interval: 10 }
const instances = Array.from({ length: 500 }, (_, index) => sampleInstance({ port: index + 1 }))

describe.skipIf(serverIsMissing('redis-server'))('a watch of a RedisRegistryBackend, told of many changes at once', () => {
  let server: RedisServer
  let backends: Backends

  beforeAll(async () => {
    server = await RedisServer.start()
    backends = new Backends(server.port)
  })
  afterAll(async () => {
    await backends.close()
    await server.kill()
  })

  it('tells them in a few states: each costs listeners as much as there are instances', async () => {
    const watch = recorded(backends.open({ keyPrefix: 'burst:' }))
    await expect.poll(watch.ids, patience).toEqual([])
    const redis = clientOf(server.port)
    const keys = new RegistryKeys('burst:', redis).ofService('orders')
    const transaction = redis.multi()
    for (const instance of instances) {
      const args = [keys.channel, '60000', '86400000', instance.id, encodeInstance(instance)]
      transaction.eval(registerScript.source, 3, keys.instances, keys.expiries, keys.changes, ...args)
    }
    await transaction.exec()
    await expect.poll(() => watch.ids()?.length, patience).toBe(instances.length)
    expect(watch.events.length).toBeLessThan(instances.length / 5)
    redis.disconnect()
  })
})
