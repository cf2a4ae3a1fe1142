import { setTimeout as pause } from 'node:timers/promises'
import { ServiceRegistry } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { serverIsMissing } from 'hazeljs-test-servers'
import { describe, expect, it } from 'vitest'
import { follow, until, useEtcd } from './etcd.fixture.js'
import { traffic } from './traffic.fixture.js'

const ttlMs = 2_000
const timeoutMs = 30_000
type Etcd = ReturnType<typeof useEtcd>
type Setup = Awaited<ReturnType<typeof setup>>

/** Two processes' views, so that nothing that one remembers helps the other. */
async function setup(etcd: Etcd, ports: readonly number[]) {
  const options = { keyPrefix: etcd.freshPrefix(), ttl: ttlMs, requestTimeout: '300ms', watchIdleTimeout: '500ms' }
  const registrar = etcd.backend(options)
  const reader = etcd.backend(options)
  const running = await traffic(ports, registrar, reader)
  const watch = follow(reader)
  await until(() => watch.ports()?.length === ports.length, 'all are known')
  const untilFailed = () => until(() => watch.failures().length > 0, 'the watch says that it failed')
  const untilBack = () => until(() => watch.events.at(-1)?.kind === 'snapshot', 'the watch is back')
  const newcomer = new ServiceRegistry({ name: 'orders', port: 9 }, etcd.backend(options))
  return { running, watch, registrar, ports, newcomer, untilFailed, untilBack }
}

/** The same instances, each once; changes are told; and no request has failed in all that time. */
async function expectAsBefore({ running, watch, registrar, newcomer, ports }: Setup): Promise<void> {
  const listed = async () => (await registrar.getInstances('orders')).map(({ port }) => port)
  await until(async () => (await listed().catch(() => [])).length === ports.length, 'all are registered')
  await until(() => watch.ports()?.length === ports.length, 'all are told')
  expect(watch.ports()).toEqual(ports)
  expect(await listed()).toEqual(ports)
  await newcomer.register()
  await until(() => watch.ports()?.includes(9), 'a newcomer is told')
  await newcomer.deregister()
  await until(() => watch.ports()?.length === ports.length, 'that it left is told')
  expect(running.failures).toEqual([])
  expect(running.asked).toBeGreaterThan(100)
  await Promise.all(running.registries.map((registry) => registry.deregister()))
  await running.stop()
}

describe.skipIf(serverIsMissing('etcd'))('while etcd is away no request fails, and afterwards everything is as it was:', () => {
  describe.concurrent('killed', () => {
    const etcd = useEtcd()

    it('and restarted with its data', { timeout: timeoutMs }, async () => {
      const all = await setup(etcd, [1, 2, 3])
      await etcd.server.kill()
      await all.untilFailed()
      await pause(ttlMs / 2)
      await etcd.server.restart()
      await all.untilBack()
      await pause(ttlMs + 500)
      expect(all.watch.removed()).toEqual([])
      await expectAsBefore(all)
    })
  })

  describe.concurrent('killed', () => {
    const etcd = useEtcd()

    it('and restarted with nothing, as if its disk was lost', { timeout: timeoutMs }, async () => {
      const all = await setup(etcd, [1, 2, 3])
      await etcd.server.kill()
      await etcd.server.restartEmpty()
      await until(async () => (await all.registrar.getInstances('orders').catch(() => [])).length === 3, 'all registered anew')
      await pause(ttlMs + 500)
      expect(all.watch.removed()).toEqual([])
      await expectAsBefore(all)
    })
  })

  describe.concurrent('killed', () => {
    const etcd = useEtcd()

    it('and restarted with nothing, and one that died meanwhile is gone when its lease would have ended', async () => {
      const backend = etcd.backend({ ttl: '1s' })
      const watch = follow(backend)
      await backend.register(sampleInstance({ port: 1 }))
      await backend.register(sampleInstance({ port: 2 }))
      await until(() => watch.ports()?.length === 2, 'both are known')
      await etcd.server.kill()
      await etcd.server.restartEmpty()
      await backend.register(sampleInstance({ port: 2 }))
      expect(watch.removed()).toEqual([])
      await until(() => watch.ports()?.includes(1) === false, 'the dead one is gone')
      expect(watch.removed()[0]).toEqual({ id: 'orders:127.0.0.1:1', reason: 'expired' })
    })
  })

  describe.concurrent('frozen', () => {
    const etcd = useEtcd()

    it('for longer than leases last', { timeout: timeoutMs }, async () => {
      const all = await setup(etcd, [1, 2, 3])
      etcd.server.hang()
      await all.untilFailed()
      await pause(ttlMs + 500)
      etcd.server.wake()
      await all.untilBack()
      await pause(ttlMs + 500)
      expect(all.watch.removed()).toEqual([])
      await expectAsBefore(all)
    })
  })
})
