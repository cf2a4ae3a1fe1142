import { RedisRegistryBackend } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientOf, recorded } from './clients.fixture.js'

const patience = { timeout: 5_000, interval: 10 }
const password = 'open-sesame'

describe.skipIf(serverIsMissing('redis-server'))('what the errors of a RedisRegistryBackend hold', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await RedisServer.start()
    const admin = clientOf(server.port)
    await admin.config('SET', 'requirepass', 'secret')
    admin.disconnect()
  })
  afterAll(() => server.kill())

  it('is no password and no command, for errors are logged', async () => {
    const redis = clientOf(server.port, { password })
    const backend = new RedisRegistryBackend(redis, { callTimeout: 1_000 })
    const watch = recorded(backend)
    const thrown = await backend.register(sampleInstance({ metadata: { token: 'of-the-service' } })).catch((error: unknown) => error)
    await expect.poll(() => watch.failures().length, patience).toBe(1)
    for (const error of [thrown, watch.failures()[0]]) {
      const shown = inspect(error, { depth: 20 })
      expect(shown).toContain('WRONGPASS')
      expect(shown).not.toContain(password)
      expect(shown).not.toContain('of-the-service')
    }
    await backend.close()
    redis.disconnect()
  })
})
