import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import type { RedisOptions } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { RedisCanaryStoreOptions } from '../../src/redis/index.js'
import { canaryStoreContract } from '../../src/testing/index.js'
import { clientOf, Stores } from './clients.fixture.js'

describe.skipIf(serverIsMissing('redis-server'))('RedisCanaryStore on a real Redis', () => {
  let server: RedisServer
  let stores: Stores

  beforeAll(async () => {
    server = await RedisServer.start()
    stores = new Stores(server.port)
  })
  afterAll(() => server.kill())

  const harnessWith = (options: RedisCanaryStoreOptions, clientOptions: RedisOptions) => async () => {
    const redis = clientOf(server.port)
    await redis.flushall()
    redis.disconnect()
    const open = () => stores.open(options, clientOptions)
    return { store: open(), other: open(), advance: (ms: number) => pause(ms), close: () => stores.close() }
  }

  canaryStoreContract({ describe, it }, harnessWith({}, {}))

  describe('with prefixes and another database', () => {
    canaryStoreContract({ describe, it }, harnessWith({ keyPrefix: 'mine:' }, { keyPrefix: 'app:', db: 3 }))
  })
})
