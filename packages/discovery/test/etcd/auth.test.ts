import { setTimeout as pause } from 'node:timers/promises'
import { ServiceStatus } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { base64, follow, until, useEtcd } from './etcd.fixture.js'

const { id } = sampleInstance()
const writer = { username: 'writer', password: 'w' }
const reader = { username: 'reader', password: 'r' }

describe.skipIf(serverIsMissing('etcd'))('an etcd with users', () => {
  // Tokens live for a second, so that these tests outlive them.
  const etcd = useEtcd('--auth-token-ttl', '1')
  const keyPrefix = 'team-a/'
  let root: string | undefined

  const login = async () => (await etcd.ask('auth/authenticate', { name: 'root', password: 'x' })).token
  const grant = (name: string, permType: string) =>
    etcd.ask('auth/role/grant', { name, perm: { permType, key: base64(keyPrefix), range_end: base64('team-a0') } }, root)

  beforeAll(async () => {
    for (const [user, password] of [
      ['root', 'x'],
      [writer.username, writer.password],
      [reader.username, reader.password],
    ] as const) {
      await etcd.ask('auth/user/add', { name: user, password })
      await etcd.ask('auth/role/add', { name: user })
      await etcd.ask('auth/user/grant', { user, role: user })
    }
    await grant('writer', 'READWRITE')
    await grant('reader', 'READ')
    await etcd.ask('auth/enable', {})
  })
  afterAll(async () => {
    await etcd.ask('auth/disable', {}, await login())
  })

  it('lets a user register whose role may read and write the prefix, and nothing else', async () => {
    const backend = etcd.backend({ ...writer, keyPrefix, ttl: '2s' })
    const watch = follow(backend)
    await backend.register(sampleInstance())
    await backend.register(sampleInstance())
    await until(() => watch.ports()?.length === 1, 'the watch tells of it')
    expect(await backend.heartbeat(id)).toBe(true)
    await backend.updateStatus(id, ServiceStatus.DOWN)
    expect((await backend.getInstance(id))?.status).toBe(ServiceStatus.DOWN)
    expect(await backend.getAllServices()).toEqual(['orders'])
    await backend.deregister(id)
    await until(() => watch.ports()?.length === 0, 'the watch tells that it left')
  })

  it('lets a user look whose role may read the prefix, and says what registering takes', async () => {
    const backend = etcd.backend({ ...reader, keyPrefix })
    const watch = follow(backend)
    await until(() => watch.ports()?.length === 0, 'the watch has begun')
    expect(await backend.getAllServices()).toEqual([])
    const refusal = backend.register(sampleInstance())
    await expect(refusal).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
    await expect(refusal).rejects.toThrow(
      `etcd at ${etcd.server.url} refused user 'reader' (etcdserver: permission denied). Its role needs the keys under 'team-a/': ` +
        'etcdctl role grant-permission <role> --prefix=true readwrite team-a/',
    )
  })

  it('refuses keys of others, and the watch says so', async () => {
    const backend = etcd.backend({ ...writer, keyPrefix: 'team-b/' })
    await expect(backend.getInstances('orders')).rejects.toThrow("Its role needs the keys under 'team-b/'")
    const watch = follow(backend)
    await until(() => watch.failures().length === 1, 'the watch says so')
    expect(watch.failures()[0]).toContain("refused user 'writer' (etcdserver: permission denied)")
  })

  it('refuses wrong passwords and clients without a user, and says which', async () => {
    const wrong = etcd.backend({ username: 'writer', password: 'secret', keyPrefix })
    await expect(wrong.getInstances('orders')).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
    const refusal = await wrong.getInstances('orders').catch(String)
    expect(refusal).toContain(`etcd at ${etcd.server.url} refused user 'writer'`)
    expect(refusal).toContain('Correct username or password')
    expect(refusal).not.toContain('secret')
    const nobody = etcd.backend({ keyPrefix })
    await expect(nobody.getInstances('orders')).rejects.toThrow('Set username and password of an etcd user')
    await expect(nobody.register(sampleInstance())).rejects.toThrow('refused a client without a username')
    await expect(nobody.register(sampleInstance())).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
    const watch = follow(nobody)
    await until(() => watch.failures().length === 1, 'the watch says so')
  })

  it('renews its tokens, for calls and watches alike', async () => {
    const backend = etcd.backend({ ...writer, keyPrefix, ttl: '10s', watchIdleTimeout: '500ms' })
    const watch = follow(backend)
    await backend.register(sampleInstance())
    for (let round = 0; round < 2; round++) {
      await pause(1_300) // tokens that nobody uses run out
      expect(await backend.heartbeat(id)).toBe(true)
      await backend.updateStatus(id, round === 0 ? ServiceStatus.DOWN : ServiceStatus.UP)
    }
    await until(() => watch.snapshots().at(-1)?.instances[0]?.status === ServiceStatus.UP, 'the watch tells the last status')
    expect(watch.failures()).toEqual([])
    // Tokens are in the memory of etcd: after a restart none holds.
    await etcd.server.kill()
    await etcd.server.restart()
    expect(await backend.heartbeat(id)).toBe(true)
    await backend.deregister(id)
    await until(() => watch.ports()?.length === 0, 'the watch goes on')
  })

  it('goes on serving a user when roles change', async () => {
    const backend = etcd.backend({ ...reader, keyPrefix, ttl: '2s' })
    await expect(backend.register(sampleInstance())).rejects.toThrow('permission denied')
    root = await login()
    await grant('reader', 'READWRITE')
    await backend.register(sampleInstance())
    root = await login()
    await grant('reader', 'READ')
    await expect(backend.deregister(id)).rejects.toThrow('permission denied')
    expect(await backend.getInstances('orders')).toHaveLength(1)
  })
})

describe.skipIf(serverIsMissing('etcd'))('an etcd without users', () => {
  const etcd = useEtcd()

  it('serves clients that name one', async () => {
    const backend = etcd.backend(writer)
    await backend.register(sampleInstance())
    expect(await backend.getInstances('orders')).toHaveLength(1)
  })
})
