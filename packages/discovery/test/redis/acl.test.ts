import { ServiceStatus } from '@hazeljs/core'
import { RedisRegistryBackend } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { clientOf, recorded } from './clients.fixture.js'

const guide = readFileSync(new URL('../../../../docs/guides/discovery/redis.md', import.meta.url), 'utf8')
const patience = { timeout: 5_000, interval: 10 }

it.skipIf(serverIsMissing('redis-server'))('the user of the guide may do all that the backend does, and nothing else', async () => {
  const rule = /^ACL SETUSER (.+)$/m.exec(guide)?.[1] ?? ''
  const [username = '', ...rules] = rule.split(' ')
  const server = await RedisServer.start()
  const admin = clientOf(server.port)
  await admin.acl('SETUSER', username, ...rules)
  const redis = clientOf(server.port, { username, password: 'secret', disableClientInfo: false })
  const backend = new RedisRegistryBackend(redis, { ttl: 0.3 })
  const watch = recorded(backend)
  await expect.poll(watch.ids, patience).toEqual([])
  for (const id of ['orders:127.0.0.1:3000', 'mine']) await backend.register(sampleInstance({ id }))
  await backend.updateStatus('mine', ServiceStatus.DOWN)
  expect(await backend.heartbeat('mine')).toBe(true)
  expect(await backend.getInstances('orders')).toHaveLength(2)
  expect(await backend.getAllServices()).toEqual(['orders'])
  await backend.deregister('mine')
  await backend.cleanup()
  await expect.poll(watch.ids, patience).toEqual([])
  expect(watch.removed()).toEqual([
    { id: 'mine', reason: 'deregistered' },
    { id: 'orders:127.0.0.1:3000', reason: 'expired' },
  ])
  expect(await backend.getAllServices()).toEqual([])
  await expect(redis.get('secret')).rejects.toThrow('NOPERM')
  await expect(redis.publish('other', 'a')).rejects.toThrow('NOPERM')
  await expect(redis.keys('*')).rejects.toThrow('NOPERM')
  await backend.close()
  redis.disconnect()
  admin.disconnect()
  await server.kill()
})
