import { describe, expect, it } from 'vitest'
import { patience, startCluster } from './cluster.fixture.js'
import { slice, watchOf } from './slices.fixture.js'

const slicesOfTwoPages = 700

describe('a list of many slices', () => {
  it('is read page by page, all of one revision', async () => {
    const { server, backend } = await startCluster()
    for (let index = 0; index < slicesOfTwoPages; index++) server.put(slice(`orders-${index}`, [`10.1.${index >> 8}.${index & 255}`]))
    expect(await backend.getInstances('orders')).toHaveLength(slicesOfTwoPages)
    expect(server.requests.map(({ query }) => [query.get('limit'), query.has('continue')])).toEqual([
      ['500', false],
      ['500', true],
    ])
  })

  it('is read at once where the pages are forgotten in between', async () => {
    const { server, backend } = await startCluster()
    for (let index = 0; index < slicesOfTwoPages; index++) server.put(slice(`orders-${index}`, [`10.1.${index >> 8}.${index & 255}`]))
    server.refuse(({ query }) => {
      if (query.has('continue')) {
        server.changeElsewhere()
        server.compact()
      }
      return undefined
    })
    expect(await backend.getInstances('orders')).toHaveLength(slicesOfTwoPages)
    expect(server.requests.map(({ query }) => [query.get('limit'), query.has('continue')])).toEqual([
      ['500', false],
      ['500', true],
      [null, false],
    ])
  })

  it('of a thousand endpoints in ten slices is watched, and changed one by one', async () => {
    const { server, backend } = await startCluster()
    const addresses = (index: number) => Array.from({ length: 100 }, (_, one) => `10.2.${index}.${one}`)
    for (let index = 0; index < 10; index++) server.put(slice(`orders-${index}`, addresses(index)))
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    const before = watch.instances() ?? []
    expect(before).toHaveLength(1_000)
    server.put(slice('orders-3', addresses(3).slice(1)))
    await expect.poll(() => watch.instances()?.length, patience).toBe(999)
    expect(watch.removed()).toEqual([{ id: 'orders:10.2.3.0:8080', reason: 'deregistered' }])
    const known = new Set(before)
    const readAnew = watch.instances()?.filter((instance) => !known.has(instance)) ?? []
    expect(readAnew.every(({ host }) => host.startsWith('10.2.3.'))).toBe(true)
  })

  it('tells a new slice within moments', async () => {
    const { server, backend } = await startCluster()
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    const tookMs: number[] = []
    for (let index = 1; index <= 50; index++) {
      const startedMs = performance.now()
      const told = new Promise<void>((resolve) => {
        const stop = backend.watch('orders', (event) => {
          if (event.kind !== 'snapshot' || event.instances.length !== index) return
          stop()
          resolve()
        })
      })
      server.put(slice(`orders-${index}`, [`10.0.0.${index}`]))
      await told
      tookMs.push(performance.now() - startedMs)
    }
    tookMs.sort((a, b) => a - b)
    console.log(`slice put → watch told: median ${tookMs[25]?.toFixed(2)} ms, longest ${tookMs[49]?.toFixed(2)} ms of 50`)
    expect(watch.instances()).toHaveLength(50)
    expect(tookMs[25]).toBeLessThan(50)
  })
})
