import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { readOnlyBackendContract } from '../../testing/index.js'
import type { RegistryEvent } from '../registry-backend.js'
import { StaticRegistryBackend } from './static-registry-backend.js'
import type { StaticServices } from './static-services.js'

function setup(services: StaticServices = {}) {
  const clock = new FakeClock()
  return { clock, backend: new StaticRegistryBackend(services, { clock }) }
}

/** The complaints of the constructor. */
function problemsOf(services: unknown): readonly string[] {
  try {
    setup(services as StaticServices)
  } catch (error) {
    return (error as { problems: { path: string; message: string }[] }).problems.map(({ path, message }) => `${path}: ${message}`)
  }
  return []
}

describe('StaticRegistryBackend', () => {
  readOnlyBackendContract({ describe, it }, () => {
    const { clock, backend } = setup()
    const services: Record<string, StaticServices[string]> = {}
    return {
      backend,
      advance: (ms) => clock.advance(ms),
      setInstances: (service, addresses) => {
        services[service] = addresses
        backend.update(services)
        return Promise.resolve()
      },
    }
  })

  it.each([
    ['http://10.0.0.1:3000', { host: '10.0.0.1', port: 3000, protocol: 'http' }],
    ['http://10.0.0.1', { host: '10.0.0.1', port: 80, protocol: 'http' }],
    ['https://Orders.internal/', { host: 'orders.internal', port: 443, protocol: 'https' }],
    ['https://[2001:db8::7]:8443', { host: '2001:db8::7', port: 8443, protocol: 'https' }],
    ['grpc://orders.internal:50051', { host: 'orders.internal', port: 50051, protocol: 'grpc' }],
    [{ host: '::1' }, { host: '::1', port: 80, protocol: 'http' }],
    [
      { host: '[::1]', port: 8080 },
      { host: '::1', port: 8080, protocol: 'http' },
    ],
    [
      { host: 'a', protocol: 'https' },
      { host: 'a', port: 443, protocol: 'https' },
    ],
    [
      { url: 'http://a', zone: 'z', tags: ['t'], id: 'x', metadata: { weight: 5 } },
      { id: 'x', zone: 'z', tags: ['t'], metadata: { weight: 5 } },
    ],
    [{ host: 'a', status: 'OUT_OF_SERVICE' }, { status: 'OUT_OF_SERVICE' }],
  ] as const)('reads %j', async (entry, expected) => {
    const { backend } = setup({ orders: [entry] })
    expect(await backend.getInstances('orders')).toEqual([expect.objectContaining(expected)])
  })

  it('makes ids of name, host and port', async () => {
    const { backend, clock } = setup({ orders: ['http://10.0.0.1:3000'] })
    expect(await backend.getInstance('orders:10.0.0.1:3000')).toEqual({
      id: 'orders:10.0.0.1:3000',
      name: 'orders',
      host: '10.0.0.1',
      port: 3000,
      protocol: 'http',
      metadata: {},
      tags: [],
      status: 'UP',
      lastHeartbeat: clock.wallTime(),
      registeredAt: clock.wallTime(),
    })
  })

  it.each<[unknown, readonly string[]]>([
    [null, [': expected an object with options, got null']],
    [[], [': expected an object with options, got an array']],
    [{ orders: 'http://a' }, ["orders: expected a list of instances, got 'http://a'"]],
    [{ orders: [5] }, ['orders[0]: expected an object with options, got 5', 'orders[0].host: is required, or a url']],
    [{ '': [] }, [': a service without a name']],
    [{ orders: ['10.0.0.1:3000'] }, ["orders[0]: expected a URL such as 'http://10.0.0.1:3000', got '10.0.0.1:3000'"]],
    [{ orders: ['ftp://a'] }, ["orders[0]: expected a URL such as 'http://10.0.0.1:3000', got 'ftp://a'"]],
    [{ orders: ['http://a/v1'] }, ["orders[0]: expected a URL that ends with the port, got 'http://a/v1'"]],
    [{ orders: ['http://a?b'] }, ["orders[0]: expected a URL that ends with the port, got 'http://a?b'"]],
    [{ orders: ['http://me:secret@a'] }, ['orders[0]: credentials have no place in the URL of an instance']],
    [{ orders: ['http://a:0'] }, ["orders[0]: 0 is no port: 'http://a:0'"]],
    [{ orders: ['grpc://a'] }, ["orders[0]: needs a port, as grpc has none of its own: 'grpc://a'"]],
    [{ orders: [{ url: 'http://a', port: 1 }] }, ['orders[0].port: stands in the url already']],
    [{ orders: [{}] }, ['orders[0].host: is required, or a url']],
    [{ orders: [{ host: 'a:80' }] }, ["orders[0].host: expected a host name or an address, got 'a:80'"]],
    [{ orders: [{ host: 'http://a' }] }, ["orders[0].host: expected a host name or an address, got 'http://a'"]],
    [{ orders: [{ host: 'a', protocol: 'grpc' }] }, ['orders[0].port: is required for grpc']],
    [{ orders: [{ host: 'a', port: 65_536 }] }, ['orders[0].port: expected a whole number from 1 to 65535, got 65536']],
    [
      { orders: [{ host: 'a', metadata: 5, tags: 'x', zone: '' }] },
      [
        "orders[0].zone: expected a text that is not empty, got ''",
        "orders[0].tags: expected an array of texts, got 'x'",
        'orders[0].metadata: expected an object, got 5',
      ],
    ],
    [{ orders: [{ host: 'a', prot: 80 }] }, ['orders[0].prot: unknown option; did you mean port?']],
    [{ orders: ['http://a', 'http://a:80'] }, ["orders[1]: has the id of orders[0], 'orders:a:80'"]],
    [{ orders: [{ host: 'a', id: 'x' }], users: [{ host: 'a', id: 'x' }] }, ["users[0]: has the id of orders[0], 'x'"]],
  ])('refuses %j', (services, problems) => {
    expect(problemsOf(services)).toEqual(problems)
  })

  it('tells an update to those who watch, and who left on purpose', async () => {
    const { backend, clock } = setup({ orders: ['http://a', 'http://b'] })
    const told: RegistryEvent[] = []
    backend.watch('orders', (event) => told.push(event))
    await clock.advance(0)
    backend.update({ orders: ['http://b', 'http://c'] })
    backend.update({})
    const brief = told.map((event) => event.kind === 'snapshot' && [event.instances.map(({ host }) => host).join(''), ...event.removed])
    expect(brief).toEqual([
      ['ab'],
      ['bc', { id: 'orders:a:80', reason: 'deregistered' }],
      ['', { id: 'orders:b:80', reason: 'deregistered' }, { id: 'orders:c:80', reason: 'deregistered' }],
    ])
  })

  it('keeps who stays as it was, and tells nothing when nothing changed', async () => {
    const { backend, clock } = setup({ orders: ['http://a', { host: 'b', metadata: { weight: 1 } }] })
    const listener = vi.fn()
    backend.watch('orders', listener)
    await clock.advance(1_000)
    const [a, b] = await backend.getInstances('orders')
    backend.update({ orders: ['http://a', { host: 'b', metadata: { weight: 1 } }] })
    expect(listener).toHaveBeenCalledTimes(1)
    expect((await backend.getInstances('orders'))[0]).toBe(a)
    backend.update({ orders: ['http://a', { host: 'b', metadata: { weight: 2 } }] })
    expect(listener).toHaveBeenCalledTimes(2)
    expect((await backend.getInstances('orders'))[1]?.registeredAt).toBe(b?.registeredAt)
  })

  it('stays as it was when an update is wrong', async () => {
    const { backend } = setup({ orders: ['http://a'] })
    expect(() => backend.update({ orders: ['http://b', 'wrong'] })).toThrow('orders[1]: expected a URL')
    expect((await backend.getInstances('orders')).map(({ host }) => host)).toEqual(['a'])
  })

  it('is not changed by what happens to the lists that it was given', async () => {
    const entry = { host: 'a', metadata: { weight: 1 }, tags: ['x'] }
    const services = { orders: [entry] }
    const { backend } = setup(services)
    entry.metadata.weight = 2
    entry.tags.push('y')
    services.orders.pop()
    expect(await backend.getInstances('orders')).toMatchObject([{ metadata: { weight: 1 }, tags: ['x'] }])
  })
})
