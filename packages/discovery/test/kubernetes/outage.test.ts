import { DiscoveryClient } from '@hazeljs/discovery'
import { describe, expect, it, onTestFinished } from 'vitest'
import { patience, startCluster } from './cluster.fixture.js'
import { slice, watchOf } from './slices.fixture.js'

describe('an API server that is away', () => {
  it('is said to be, once, and what it has afterwards is told', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1', '10.0.0.2']))
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    await server.kill()
    await expect.poll(() => watch.failures().length, patience).toBe(1)
    const refused = {
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringMatching(/^Kubernetes at http:\S+ failed to list .*ECONNREFUSED/) as string,
    }
    await expect(backend.getInstances('orders')).rejects.toMatchObject(refused)
    await expect(backend.getAllServices()).rejects.toMatchObject(refused)
    server.put(slice('orders-1', ['10.0.0.2', '10.0.0.3']))
    await server.restart()
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.2', '10.0.0.3'])
    expect(watch.failures()).toHaveLength(1)
    expect(watch.removed().map(({ id }) => id)).toEqual(['orders:10.0.0.1:8080'])
  })

  it('that comes back with nothing new ends the failure', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1']))
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    server.refuse(() => ({ code: 500, reason: 'InternalError', message: 'no' }))
    server.cutStreams()
    await expect.poll(() => watch.failures().length, patience).toBe(1)
    server.refuse(() => undefined)
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.1'])
    expect(server.count('list')).toBe(1)
  })

  it('that answers nothing is given up after callTimeout', async () => {
    const { server, backend } = await startCluster({ callTimeout: 200 })
    server.freeze()
    const watch = watchOf(backend)
    await expect(backend.getInstances('orders')).rejects.toThrow(/no answer within 200 ms/)
    await expect.poll(() => watch.failures().length, patience).toBe(1)
    server.put(slice('orders-1', ['10.0.0.1']))
    server.thaw()
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.1'])
  })

  it('is not asked again before it wants to be', async () => {
    const { server, backend } = await startCluster()
    let refusedAtMs = 0
    let againAfterMs = 0
    server.refuse(() => {
      if (refusedAtMs > 0) {
        againAfterMs = performance.now() - refusedAtMs
        return undefined
      }
      refusedAtMs = performance.now()
      return { code: 429, reason: 'TooManyRequests', message: 'slow down', retryAfterSeconds: 1 }
    })
    const watch = watchOf(backend)
    await expect.poll(watch.hosts, patience).toEqual([])
    expect(againAfterMs).toBeGreaterThan(990)
    expect(watch.failures()[0]?.message).toMatch(/: 429 slow down$/)
  })

  it('leaves the instances known last in service, whatever it does', async () => {
    const { server, backend } = await startCluster({ idleTimeout: 100, callTimeout: 1_000 })
    server.put(slice('orders-1', ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']))
    const client = new DiscoveryClient({ refreshInterval: 100 }, backend)
    onTestFinished(() => client.close())
    const outcomes = { served: 0, failed: 0 }
    const load = { running: true }
    const underLoad = (async () => {
      while (load.running) {
        const instance = await client.getInstance('orders').catch(() => null)
        if (instance === null) outcomes.failed++
        else outcomes.served++
        await new Promise(setImmediate)
      }
    })()
    await expect.poll(() => outcomes.served, patience).toBeGreaterThan(0)
    const harm: readonly (() => unknown)[] = [
      () => server.cutStreams(),
      () => server.stallStreams(),
      () => server.failStreams({ code: 410, reason: 'Expired', message: 'too old' }),
      () => server.kill(),
      () => server.restart(),
      () => server.refuse(() => ({ code: 403, reason: 'Forbidden', message: 'no' })),
      () => server.refuse(() => undefined),
    ]
    for (const hurt of harm) {
      await hurt()
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    server.freeze()
    await new Promise((resolve) => setTimeout(resolve, 1_500)) // longer than a call may take
    server.thaw()
    server.put(slice('orders-1', ['10.0.0.4', '10.0.0.5', '10.0.0.6']))
    await expect
      .poll(async () => (await client.getInstances('orders')).map(({ host }) => host), patience)
      .toEqual(['10.0.0.4', '10.0.0.5', '10.0.0.6'])
    load.running = false
    await underLoad
    expect(outcomes.failed).toBe(0)
  })
})
