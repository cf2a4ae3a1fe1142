import { type DnsBackendOptions, DnsRegistryBackend, type RegistryEvent } from '@hazeljs/discovery'
import { DnsServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterEach, describe, expect, it } from 'vitest'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** A server with a TTL of 0 unless told otherwise, and a backend that asks it. */
async function setup(options: Partial<DnsBackendOptions> = {}, ...args: string[]) {
  const server = await DnsServer.start(...args)
  const backend = new DnsRegistryBackend({
    hostname: '{service}.internal',
    servers: [server.address],
    minTtl: 100,
    refreshInterval: 100,
    timeout: 300,
    tries: 1,
    ...options,
  })
  cleanups.push(
    () => backend.close(),
    () => server.kill(),
  )
  const hostsOf = async (service: string) => (await backend.getInstances(service)).map(({ host }) => host).sort()
  const watch = (service: string) => {
    const events: RegistryEvent[] = []
    backend.watch(service, (event) => events.push(event))
    return () => events.map((event) => (event.kind === 'failure' ? 'failure' : event.instances.map(({ host }) => host).sort()))
  }
  return { server, backend, hostsOf, watch }
}

describe.skipIf(serverIsMissing('dnsmasq'))('DnsRegistryBackend', () => {
  it('makes an instance of each address', async () => {
    const { server, backend, hostsOf } = await setup({ port: 8080, protocol: 'https' })
    server.setHosts({ 'orders.internal': ['10.0.0.1', '10.0.0.2'] })
    await expect.poll(() => hostsOf('orders')).toEqual(['10.0.0.1', '10.0.0.2'])
    const instance = await backend.getInstance('orders:10.0.0.1:8080')
    expect(instance).toMatchObject({
      host: '10.0.0.1',
      port: 8080,
      protocol: 'https',
      status: 'UP',
      metadata: { hostname: 'orders.internal' },
    })
    expect(await backend.getInstance('orders:10.0.0.9:8080')).toBeNull()
    expect(await backend.getInstance('orders:10.0.0.1:80')).toBeNull()
  })

  it.each([
    ['ipv4-first', ['10.0.0.1'], ['2001:db8::2']],
    ['ipv4', ['10.0.0.1'], []],
    ['ipv6', ['2001:db8::1'], ['2001:db8::2']],
    ['all', ['10.0.0.1', '2001:db8::1'], ['2001:db8::2']],
  ] as const)('takes %s of addresses of both kinds', async (family, both, six) => {
    const { server, hostsOf } = await setup({ family })
    server.setHosts({ 'both.internal': ['10.0.0.1', '2001:db8::1'], 'six.internal': ['2001:db8::2'] })
    await expect.poll(() => hostsOf('both')).toEqual(both)
    expect(await hostsOf('six')).toEqual(six)
  })

  it('finds an instance with an IPv6 address by its id, even where the name has colons', async () => {
    const { server, backend, hostsOf } = await setup({ services: { 'a:b': 'ab.internal' } })
    server.setHosts({ 'orders.internal': ['2001:db8::1'], 'ab.internal': ['1::2'] })
    await expect.poll(() => hostsOf('orders')).toEqual(['2001:db8::1'])
    expect((await backend.getInstance('orders:2001:db8::1:80'))?.host).toBe('2001:db8::1')
    expect((await backend.getInstance('a:b:1::2:80'))?.name).toBe('a:b')
    expect(await backend.getAllServices()).toEqual(['a:b'])
  })

  it('reads answers that fit into no datagram', async () => {
    const addresses = Array.from({ length: 300 }, (_, index) => `10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`)
    const { server, hostsOf } = await setup()
    server.setHosts({ 'orders.internal': addresses })
    await expect.poll(async () => (await hostsOf('orders')).length, { timeout: 5_000 }).toBe(300)
  })

  it('turns priorities into statuses and weights into weights', async () => {
    const { server, backend } = await setup({ hostname: '_http._tcp.{service}.internal', record: 'srv' })
    server.setHosts({ 'a.internal': ['10.0.0.1'], 'b.internal': ['10.0.0.2', '10.0.0.3'], 'spare.internal': ['10.0.0.4'] })
    await server.setServices({
      '_http._tcp.orders.internal': [
        { target: 'a.internal', port: 3001, priority: 1, weight: 30 },
        { target: 'b.internal', port: 3002, priority: 1, weight: 10 },
        { target: 'gone.internal', port: 3003, priority: 1, weight: 60 },
        { target: 'spare.internal', port: 3004, priority: 2, weight: 1 },
      ],
    })
    const listed = [...(await backend.getInstances('orders'))].sort((a, b) => (a.host < b.host ? -1 : 1))
    expect(listed.map(({ host, port, status, metadata }) => [host, port, status, metadata])).toEqual([
      ['10.0.0.1', 3001, 'UP', { hostname: 'a.internal', priority: 1, weight: 30 }],
      ['10.0.0.2', 3002, 'UP', { hostname: 'b.internal', priority: 1, weight: 5 }],
      ['10.0.0.3', 3002, 'UP', { hostname: 'b.internal', priority: 1, weight: 5 }],
      ['10.0.0.4', 3004, 'OUT_OF_SERVICE', { hostname: 'spare.internal', priority: 2, weight: 1 }],
    ])
  })

  it('says so when it can ask for a service under no name, or is refused', async () => {
    const { backend } = await setup({ services: { far: 'far.example.com' } })
    await expect(backend.getInstances('shop/orders')).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: "DNS cannot be asked for 'shop/orders': 'shop/orders.internal' is no host name",
    })
    await expect(backend.getInstances('far')).rejects.toThrow(/far\.example\.com.*the server does not answer for this domain, or not to us/)
    expect(await backend.getInstance('shop/orders:10.0.0.1:80')).toBeNull()
  })

  it('tells changes to a watch, and that a name is gone', async () => {
    const { server, watch } = await setup()
    server.setHosts({ 'orders.internal': ['10.0.0.1'] })
    const told = watch('orders')
    await expect.poll(() => told().at(-1)).toEqual(['10.0.0.1'])
    server.setHosts({ 'orders.internal': ['10.0.0.1', '10.0.0.2'] })
    await expect.poll(() => told().at(-1), { timeout: 5_000 }).toEqual(['10.0.0.1', '10.0.0.2'])
    server.setHosts({})
    await expect.poll(() => told().at(-1), { timeout: 5_000 }).toEqual([])
    expect(told()).not.toContain('failure')
  })

  it('keeps what it told while the server is away or hangs, and goes on by itself', async () => {
    const { server, backend, hostsOf, watch } = await setup()
    server.setHosts({ 'orders.internal': ['10.0.0.1'] })
    await expect.poll(() => hostsOf('orders')).toEqual(['10.0.0.1'])
    const told = watch('orders')
    await expect.poll(() => told().at(-1)).toEqual(['10.0.0.1'])
    await server.kill()
    await expect.poll(() => told().at(-1), { timeout: 5_000 }).toBe('failure')
    await expect(backend.getInstances('orders')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    await server.restart()
    await expect.poll(() => told().at(-1), { timeout: 5_000 }).toEqual(['10.0.0.1'])
    server.hang()
    await expect.poll(() => told().at(-1), { timeout: 5_000 }).toBe('failure')
    server.wake()
    await expect.poll(() => told().at(-1), { timeout: 5_000 }).toEqual(['10.0.0.1'])
    expect(told().filter((one) => Array.isArray(one) && one.length === 0)).toEqual([])
  })

  it('asks again when the TTL is over, not before', async () => {
    const { server, watch } = await setup({ minTtl: 100, maxTtl: '10s' }, '--local-ttl=2')
    server.setHosts({ 'orders.internal': ['10.0.0.1'] })
    const told = watch('orders')
    await expect.poll(() => told().at(-1)).toEqual(['10.0.0.1'])
    const toldAtMs = performance.now()
    server.setHosts({ 'orders.internal': ['10.0.0.2'] })
    await expect.poll(() => told().at(-1), { timeout: 10_000, interval: 20 }).toEqual(['10.0.0.2'])
    expect(performance.now() - toldAtMs).toBeGreaterThan(1_500)
  })
})
