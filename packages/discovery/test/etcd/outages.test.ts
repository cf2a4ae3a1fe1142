import { setTimeout as pause } from 'node:timers/promises'
import { ServiceRegistry } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { serverIsMissing } from 'hazeljs-test-servers'
import { describe, expect, it } from 'vitest'
import { follow, until, useEtcd } from './etcd.fixture.js'
import { traffic } from './traffic.fixture.js'

const timeoutMs = 30_000

describe.skipIf(serverIsMissing('etcd'))('while etcd is away, no request fails, and afterwards everything is as it was:', () => {
  const etcd = useEtcd()

  /** Two processes' views, so that nothing that one remembers helps the other. */
  const setup = async (ttl: string, ports: readonly number[] = [1, 2, 3]) => {
    const options = { keyPrefix: etcd.freshPrefix(), ttl, requestTimeout: '300ms', watchIdleTimeout: '500ms' }
    const registrar = etcd.backend(options)
    const reader = etcd.backend(options)
    const running = await traffic(ports, registrar, reader)
    const watch = follow(reader)
    await until(() => watch.ports()?.length === ports.length, 'all are known')
    return { running, watch, registrar, options, ports }
  }
  type Setup = Awaited<ReturnType<typeof setup>>

  const isAsBefore = async ({ running, watch, registrar, options, ports }: Setup) => {
    const listed = async () => (await registrar.getInstances('orders')).map(({ port }) => port)
    await until(async () => (await listed().catch(() => [])).length === ports.length, 'all are registered')
    await until(() => watch.ports()?.length === ports.length, 'all are told')
    expect(watch.ports()).toEqual(ports)
    expect(await listed()).toEqual(ports)
    expect(watch.events.at(-1)?.kind).toBe('snapshot')
    const newcomer = new ServiceRegistry({ name: 'orders', port: 5 }, etcd.backend(options))
    await newcomer.register()
    await until(() => watch.ports()?.includes(5), 'a newcomer is told')
    await newcomer.deregister()
    await until(() => watch.ports()?.length === ports.length, 'that it left is told')
    expect(running.failures).toEqual([])
    expect(running.asked).toBeGreaterThan(100)
    await Promise.all(running.registries.map((registry) => registry.deregister()))
    await running.stop()
  }

  it('killed and restarted with its data', { timeout: timeoutMs }, async () => {
    const all = await setup('2s')
    await etcd.server.kill()
    await until(() => all.watch.failures().length > 0, 'the watch says that it failed')
    await pause(1_000)
    await etcd.server.restart()
    await until(() => all.watch.events.at(-1)?.kind === 'snapshot', 'the watch is back')
    await pause(2_500)
    expect(all.watch.removed()).toEqual([])
    await isAsBefore(all)
  })

  it('killed and restarted with nothing, as if its disk was lost', { timeout: timeoutMs }, async () => {
    const all = await setup('2s')
    await etcd.server.kill()
    await etcd.server.restartEmpty()
    await until(async () => (await all.registrar.getInstances('orders').catch(() => [])).length === 3, 'all registered anew')
    await pause(2_500)
    expect(all.watch.removed()).toEqual([])
    await isAsBefore(all)
  })

  it('restarted with nothing, where one of the instances died meanwhile: it is gone when its lease would have ended', async () => {
    const backend = etcd.backend({ ttl: '1s' })
    const watch = follow(backend)
    await backend.register(sampleInstance({ port: 1 }))
    await backend.register(sampleInstance({ port: 2 }))
    await until(() => watch.ports()?.length === 2, 'both are known')
    await etcd.server.kill()
    await etcd.server.restartEmpty()
    await backend.register(sampleInstance({ port: 2 }))
    await until(() => watch.failures().length === 0 || watch.events.at(-1)?.kind === 'snapshot', 'the watch is back')
    expect(watch.removed()).toEqual([])
    await until(() => watch.ports()?.includes(1) === false, 'the dead one is gone')
    expect(watch.removed()[0]).toEqual({ id: 'orders:127.0.0.1:1', reason: 'expired' })
  })

  it('frozen for longer than leases last', { timeout: timeoutMs }, async () => {
    const all = await setup('2s', [1, 2, 3, 4])
    etcd.server.hang()
    await until(() => all.watch.failures().length > 0, 'the watch says that it failed')
    await pause(3_000)
    etcd.server.wake()
    await until(() => all.watch.events.at(-1)?.kind === 'snapshot', 'the watch is back')
    await pause(2_500)
    await isAsBefore(all)
  })
})
