import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { backendContract } from '@hazeljs/discovery/testing'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { Backends, clientOf } from './clients.fixture.js'

describe.skipIf(serverIsMissing('redis-server'))('a RedisRegistryBackend on a real Redis', () => {
  let server: RedisServer
  let backends: Backends

  beforeAll(async () => {
    server = await RedisServer.start()
    backends = new Backends(server.port)
  })
  afterAll(() => server.kill())

  backendContract({ describe, it }, async () => {
    const redis = clientOf(server.port)
    await redis.flushall()
    redis.disconnect()
    return { backend: backends.open({ ttl: 0.6 }), advance: (ms) => pause(ms), close: () => backends.close() }
  })
})
