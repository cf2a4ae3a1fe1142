import { ServiceStatus } from '@hazeljs/core'
import { serverIsMissing } from 'hazeljs-test-servers'
import { describe, expect, it, vi } from 'vitest'
import { DiscoveryClient, type RegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { pause, record, shortLease, withAgent } from './agent.fixture.js'

const ports = [1, 2, 3]
const ids = ports.map((port) => `orders:127.0.0.1:${port}`)
const until = (holds: () => unknown, timeout = 15_000) => expect.poll(holds, { timeout, interval: 10 })

/** Three registered instances, a client that asks for one every few milliseconds, and what it was answered. */
async function underLoad(
  backend: RegistryBackend,
  body: (asked: { readonly failed: unknown[]; readonly count: () => number }) => Promise<void>,
) {
  const registries = ports.map((port) => new ServiceRegistry({ name: 'orders', port }, backend))
  for (const registry of registries) await registry.register()
  const client = new DiscoveryClient({}, backend)
  const failed: unknown[] = []
  let count = 0
  let isOver = false
  const ask = async () => {
    while (!isOver) {
      const found = await client.getInstance('orders').catch((error: unknown) => error)
      if (found === null || found instanceof Error) failed.push(found)
      count++
      await pause(5)
    }
  }
  const asking = ask()
  try {
    await body({ failed, count: () => count })
  } finally {
    isOver = true
    await asking
    await client.close()
    for (const registry of registries) await registry.deregister().catch(() => undefined)
  }
}

describe.skipIf(serverIsMissing('consul'))('Consul outages', { timeout: 30_000 }, () => {
  it('no request fails while the agent is killed and comes back without its data; the instances return, once each', () =>
    withAgent(async ({ server, backend }) => {
      await underLoad(backend, async ({ failed, count }) => {
        const watch = record(backend, 'orders')
        await until(() => watch.last()?.ids).toEqual(ids)
        await server.kill()
        await until(() => watch.last()?.kind).toBe('failure')
        await server.restart()
        await until(async () => (await backend.getInstances('orders').catch(() => [])).length).toBe(3)
        await until(() => watch.last()?.kind).toBe('snapshot')
        const before = count()
        await pause(backend.ttlMs * 1.2)
        expect(watch.last()?.ids).toEqual(ids)
        expect((await backend.getInstances('orders')).map(({ id }) => id).sort()).toEqual(ids)
        expect(watch.events.flatMap(({ removed }) => removed)).toEqual([])
        expect(failed).toEqual([])
        expect(count()).toBeGreaterThan(before)
        watch.stop()
      })
    }, shortLease))

  it('drops whoever does not come back after the registry lost its data', () =>
    withAgent(async ({ server, backend }) => {
      await backend.register(sampleInstance())
      const watch = record(backend, 'orders')
      await until(() => watch.last()?.ids.length).toBe(1)
      await server.kill()
      await server.restart()
      await until(() => watch.last()?.removed).toEqual(['orders:127.0.0.1:3000 expired'])
      expect(await backend.heartbeat('orders:127.0.0.1:3000')).toBe(false)
      watch.stop()
    }, shortLease))

  it('no request fails while the agent hangs, and leases that ran out meanwhile are renewed', () =>
    withAgent(
      async ({ server, backend }) => {
        await underLoad(backend, async ({ failed }) => {
          const watch = record(backend, 'orders')
          await until(() => watch.last()?.ids).toEqual(ids)
          server.hang()
          await pause(backend.ttlMs * 1.5)
          await expect(backend.getInstances('orders')).rejects.toThrow(
            /did not answer when asked to list orders: there was no answer within 500 ms/,
          )
          expect(failed).toEqual([])
          server.wake()
          await until(async () => (await backend.getInstances('orders').catch(() => [])).length).toBe(3)
          await until(() => watch.last()?.kind).toBe('snapshot')
          await pause(backend.ttlMs * 1.2)
          expect(watch.last()?.ids).toEqual(ids)
          expect(watch.events.flatMap(({ removed }) => removed)).toEqual([])
          expect(failed).toEqual([])
          watch.stop()
        })
      },
      { ...shortLease, requestTimeout: '500ms' },
    ))

  it('an agent that hung takes nobody out before the owner could renew the lease', () =>
    withAgent(
      async ({ server, client, backend }) => {
        for (const port of [1, 2]) await backend.register(sampleInstance({ port }))
        const watch = record(backend, 'orders')
        await until(() => watch.last()?.ids.length).toBe(2)
        server.hang()
        await until(() => watch.last()?.kind).toBe('failure')
        await pause(backend.ttlMs)
        server.wake()
        await until(async () => (await client.health.state('critical')).length).toBe(2)
        await until(() => watch.last()?.kind).toBe('snapshot')
        expect(watch.last()?.ids.length).toBe(2)
        expect(await backend.getInstances('orders')).toHaveLength(2)
        expect(await backend.heartbeat('orders:127.0.0.1:1')).toBe(true)
        await until(() => watch.last()?.ids).toEqual(['orders:127.0.0.1:1'])
        expect(watch.events.flatMap(({ removed }) => removed)).toContain('orders:127.0.0.1:2 expired')
        watch.stop()
      },
      // An agent that wakes may have to be elected first, for up to 2 s, before the catalog learns which leases ran out.
      { ttl: '5s', requestTimeout: '500ms' },
    ))

  it('tells a watch of a registration and of a deregistration at once', () =>
    withAgent(async ({ backend }) => {
      const watch = record(backend, 'orders')
      await until(() => watch.last()?.kind).toBe('snapshot')
      const delays: number[] = []
      for (let port = 1; port <= 10; port++) {
        const startedAtMs = performance.now()
        await backend.register(sampleInstance({ port }))
        await until(() => watch.last()?.ids.length).toBe(port)
        delays.push((watch.last()?.atMs ?? Infinity) - startedAtMs)
        await pause(100)
      }
      delays.sort((a, b) => a - b)
      console.log(
        `Consul: from register() to the watch, of 10: median ${delays[5]?.toFixed(1)} ms, slowest ${delays.at(-1)?.toFixed(1)} ms`,
      )
      await backend.deregister('orders:127.0.0.1:7')
      await until(() => watch.last()?.removed).toEqual(['orders:127.0.0.1:7 deregistered'])
      watch.stop()
    }))

  it('an operator takes an instance out with maintenance mode, and heartbeats leave it out', () =>
    withAgent(async ({ client, backend }) => {
      const { id } = sampleInstance()
      await backend.register(sampleInstance())
      const watch = record(backend, 'orders')
      await until(() => watch.last()?.ids.length).toBe(1)
      await client.agent.service.maintenance({ id, enable: true, reason: 'by hand' })
      await until(async () => (await backend.getInstance(id))?.status).toBe(ServiceStatus.OUT_OF_SERVICE)
      expect(await backend.heartbeat(id)).toBe(true)
      expect((await backend.getInstance(id))?.status).toBe(ServiceStatus.OUT_OF_SERVICE)
      await client.agent.service.maintenance({ id, enable: false })
      await until(async () => (await backend.getInstance(id))?.status).toBe(ServiceStatus.UP)
      watch.stop()
    }))

  it('lists what others registered, and leaves out what is corrupt', () =>
    withAgent(async ({ client, backend }) => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
      await backend.register(sampleInstance())
      await client.agent.service.register({ name: 'orders', id: 'theirs', port: 9, tags: ['x'], meta: { version: '2' } })
      await client.agent.service.register({ name: 'orders', id: 'broken', port: 9, meta: { hazeljs: 'nonsense' } })
      await until(async () => (await backend.getInstances('orders')).length).toBe(2)
      await until(() => warned.mock.calls.length).toBe(1)
      expect(String(warned.mock.calls[0]?.[0])).toMatch(/Correct or delete service orders, id broken, of node .*: meta hazeljs is no JSON/)
      const theirs = (await backend.getInstances('orders')).find(({ port }) => port === 9)
      expect(theirs?.id).toMatch(/^[^/]+\/theirs$/)
      expect(theirs).toMatchObject({ host: '127.0.0.1', status: 'UP', tags: ['x'], metadata: { version: '2' } })
      expect(await backend.getAllServices()).toEqual(['orders'])
      warned.mockRestore()
    }))
})
