import { describe, expect, it } from 'vitest'
import { patience, startCluster } from './cluster.fixture.js'
import { endpoint, slice, unready, watchOf } from './slices.fixture.js'

const watches = (requests: readonly { verb: string; query: URLSearchParams }[]) => requests.filter(({ verb }) => verb === 'watch')

describe('a watch', () => {
  it('lists, and follows from the revision of the list', async () => {
    const { server, backend } = await startCluster({ labelSelector: 'a=b' })
    const marked = (addresses: readonly string[]) => slice('orders-1', addresses, { metadata: { name: 'orders-1', labels: { a: 'b' } } })
    const { resourceVersion } = server.put(marked(['10.0.0.1'])).metadata
    const watch = watchOf(backend)
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.1'])
    await expect.poll(() => server.openStreams, patience).toBe(1)
    server.put(marked(['10.0.0.1', '10.0.0.2']))
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.1', '10.0.0.2'])
    const [list, stream] = server.requests
    expect(Object.fromEntries(list?.query ?? [])).toEqual({
      labelSelector: 'kubernetes.io/service-name=orders,a=b',
      limit: '500',
      resourceVersion: '0',
    })
    expect(Object.fromEntries(stream?.query ?? [])).toMatchObject({
      labelSelector: 'kubernetes.io/service-name=orders,a=b',
      allowWatchBookmarks: 'true',
      resourceVersion,
      watch: 'true',
    })
    const seconds = Number(stream?.query.get('timeoutSeconds'))
    expect(seconds).toBeGreaterThanOrEqual(300)
    expect(seconds).toBeLessThanOrEqual(600)
    watch.stop()
    await expect.poll(() => server.openStreams, patience).toBe(0)
  })

  it('tells changes of all slices together, and who was taken out', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1', '10.0.0.2']))
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    server.put(slice('orders-2', ['10.0.0.3', endpoint('10.0.0.4', { conditions: unready })]))
    await expect.poll(() => watch.instances()?.length, patience).toBe(4)
    server.delete('orders-1')
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.3', '10.0.0.4'])
    expect(watch.removed()).toEqual([
      { id: 'orders:10.0.0.1:8080', reason: 'deregistered' },
      { id: 'orders:10.0.0.2:8080', reason: 'deregistered' },
    ])
    expect(watch.failures()).toEqual([])
  })

  it('never loses an endpoint that moves from one slice to another at once', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1', '10.0.0.2']))
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    server.freeze() // what is told meanwhile arrives together
    server.put(slice('orders-1', ['10.0.0.1']))
    server.put(slice('orders-2', ['10.0.0.2', '10.0.0.3']))
    server.thaw()
    await expect.poll(() => watch.instances()?.length, patience).toBe(3)
    expect(watch.removed()).toEqual([])
  })

  it('goes on where a bookmark left it', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1']))
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    for (let change = 0; change < 10; change++) server.changeElsewhere()
    server.bookmark()
    server.compact() // a watch from the revision of the list would be refused
    server.endStreams()
    await expect.poll(() => server.count('watch'), patience).toBe(2)
    server.put(slice('orders-1', ['10.0.0.2']))
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.2'])
    expect(server.count('list')).toBe(1)
    const [first, second] = watches(server.requests).map(({ query }) => query.get('resourceVersion'))
    expect(Number(second) - Number(first)).toBe(10)
  })

  it.each(['cutStreams', 'endStreams'] as const)('goes on after %s, and tells nothing of it', async (breakOff) => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1']))
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    // Were they counted as failures, the last pause would be longer than anybody here waits.
    for (let address = 2; address < 14; address++) {
      server[breakOff]()
      server.put(slice('orders-1', [`10.0.0.${address}`])) // while nobody listens
      await expect.poll(watch.hosts, patience).toEqual([`10.0.0.${address}`])
      await expect.poll(() => server.openStreams, patience).toBe(1)
    }
    expect(server.count('list')).toBe(1)
    expect(watch.failures()).toEqual([])
  })

  it.each(['event', 'status'] as const)(
    'lists anew when its revision is forgotten, which an %s says, and tells the difference',
    async (expiredWatches) => {
      const { server, backend } = await startCluster({}, { expiredWatches })
      server.put(slice('orders-1', ['10.0.0.1', '10.0.0.2']))
      server.put(slice('orders-2', ['10.0.0.3']))
      const watch = watchOf(backend)
      await expect.poll(() => server.openStreams, patience).toBe(1)
      server.refuse(({ verb }) => (verb === 'watch' ? { code: 503, reason: 'ServiceUnavailable', message: 'later' } : undefined))
      server.cutStreams()
      await expect.poll(() => watch.failures().length, patience).toBe(1)
      server.put(slice('orders-1', ['10.0.0.2', '10.0.0.4']))
      server.delete('orders-2')
      server.compact()
      server.refuse(() => undefined)
      await expect.poll(watch.hosts, patience).toEqual(['10.0.0.2', '10.0.0.4'])
      expect(watch.removed()).toEqual([
        { id: 'orders:10.0.0.1:8080', reason: 'expired' },
        { id: 'orders:10.0.0.3:8080', reason: 'expired' },
      ])
      expect(server.requests.filter(({ verb }) => verb === 'list').map(({ query }) => query.get('resourceVersion'))).toEqual(['0', null])
      server.put(slice('orders-1', ['10.0.0.5']))
      await expect.poll(watch.hosts, patience).toEqual(['10.0.0.5'])
    },
  )

  it('does not list as fast as it can while every watch is refused as too old', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1']))
    server.refuse(({ verb }) => (verb === 'watch' ? { code: 410, reason: 'Expired', message: 'too old' } : undefined))
    const watch = watchOf(backend)
    await expect.poll(() => server.count('list'), patience).toBeGreaterThanOrEqual(4) // 100 + 200 + 400 ms, at least half of it
    expect(server.count('list')).toBeLessThan(8)
    expect(watch.failures()).toEqual([])
  })

  it('lists anew when it has been silent for too long', async () => {
    const { server, backend } = await startCluster({ idleTimeout: 100 })
    server.put(slice('orders-1', ['10.0.0.1']))
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    server.stallStreams()
    server.put(slice('orders-1', ['10.0.0.2']))
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.2'])
    expect(watch.failures()).toEqual([])
    expect(server.count('list')).toBeGreaterThan(1)
  })

  it('is kept by bookmarks alone', async () => {
    const { server, backend } = await startCluster({ idleTimeout: 2_000 }, { bookmarkInterval: 50 })
    watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(server.count('watch')).toBe(1)
  })

  it('begins anew when its time is over, before the server would end it', async () => {
    const { server, backend } = await startCluster({ watchTimeout: 1_000 })
    const watch = watchOf(backend)
    await expect.poll(() => server.count('watch'), patience).toBe(2)
    expect(server.count('list')).toBe(1)
    expect(watch.failures()).toEqual([])
  })

  it('says what a stream says is wrong, and lists anew', async () => {
    const { server, backend } = await startCluster()
    server.put(slice('orders-1', ['10.0.0.1']))
    const watch = watchOf(backend)
    await expect.poll(() => server.openStreams, patience).toBe(1)
    server.failStreams({ code: 500, reason: 'InternalError', message: 'etcd is ill' })
    await expect.poll(() => watch.failures().length, patience).toBe(1)
    expect(watch.failures()[0]?.message).toMatch(/failed to watch endpointslices.*: 500 etcd is ill$/)
    await expect.poll(watch.hosts, patience).toEqual(['10.0.0.1'])
  })
})
