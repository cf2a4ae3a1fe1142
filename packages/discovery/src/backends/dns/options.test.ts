import { ConfigError, resolveOptions } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { DnsRegistryBackend } from './dns-registry-backend.js'
import { type DnsBackendOptions, isHostname, readDnsOptions, withQueries } from './options.js'

const resolve = (options: DnsBackendOptions) => resolveOptions('DnsRegistryBackend', readDnsOptions, withQueries(options))

it('asks with the template, and as the options say for a service that stands in them', () => {
  const { queryFor, services } = resolve({
    hostname: '{service}.{service}.internal',
    port: 8080,
    services: {
      users: 'users.example.com',
      pay: { hostname: '_https._tcp.{service}.example.com', record: 'srv', protocol: 'https' },
      tls: { hostname: 'tls.example.com', protocol: 'https', port: 8443, family: 'all' },
    },
  })
  const rest = { record: 'address', family: 'ipv4-first', protocol: 'http', port: 8080 }
  expect(queryFor('$&')).toEqual({ ...rest, hostname: '$&.$&.internal' })
  expect(queryFor('constructor')?.hostname).toBe('constructor.constructor.internal')
  expect(queryFor('users')).toEqual({ ...rest, hostname: 'users.example.com' })
  expect(queryFor('pay')).toEqual({ ...rest, hostname: '_https._tcp.pay.example.com', record: 'srv', protocol: 'https', port: undefined })
  expect(queryFor('tls')).toEqual({ ...rest, hostname: 'tls.example.com', family: 'all', protocol: 'https', port: 8443 })
  expect(services).toEqual(['users', 'pay', 'tls'])
})

it('knows no other services without a template, and takes a function for one', () => {
  expect(resolve({ services: { users: 'users.internal' } }).queryFor('orders')).toBeUndefined()
  expect(resolve({ hostname: (service) => `${service}.eu` }).queryFor('orders')?.hostname).toBe('orders.eu')
})

it('has the port of the protocol as its default', () => {
  const { queryFor } = resolve({ hostname: '{service}.internal', services: { tls: { hostname: 'tls.internal', protocol: 'https' } } })
  expect([queryFor('orders')?.port, queryFor('tls')?.port]).toEqual([80, 443])
})

it('has the documented defaults', () => {
  expect(resolve({ services: {} })).toMatchObject({
    servers: undefined,
    refreshMs: 10_000,
    minTtlMs: 1_000,
    maxTtlMs: 60_000,
    timeoutMs: 2_000,
    tries: 2,
  })
  expect(resolve({ services: {}, minTtl: '2m' }).maxTtlMs).toBe(120_000)
})

const hostname = '{service}.internal'
it.each<[unknown, readonly string[]]>([
  [null, [': expected an object with options, got null', 'hostname: is required, or services']],
  [{}, ['hostname: is required, or services']],
  [{ hostname: 'orders.internal' }, ["hostname: expected a function, or a host name with {service} in it, got 'orders.internal'"]],
  [{ hostname: '{service}..internal' }, ["hostname: expected a function, or a host name with {service} in it, got '{service}..internal'"]],
  [{ hostname, record: 'a' }, ["record: expected one of 'address', 'srv', got 'a'"]],
  [{ hostname, record: 'srv', port: 80 }, ['port: has no place here: SRV records bring it']],
  [{ hostname, protocol: 'grpc' }, ['port: is required for grpc']],
  [{ hostname, port: 0 }, ['port: expected a whole number from 1 to 65535, got 0']],
  [{ hostname, servers: [] }, ["servers: expected a list of addresses such as '10.0.0.2' or '[2001:db8::2]:5353', got an array"]],
  [
    { hostname, servers: ['dns.internal'] },
    ["servers: expected a list of addresses such as '10.0.0.2' or '[2001:db8::2]:5353', got an array"],
  ],
  [{ hostname, minTtl: 10 }, ["minTtl: expected milliseconds or a string such as '250ms', '30s', '5m' from 100 to 2147483647, got 10"]],
  [{ hostname, minTtl: '5s', maxTtl: '1s' }, ['maxTtl: is shorter than minTtl']],
  [{ hostname, tries: 0 }, ['tries: expected a whole number from 1 to 10, got 0']],
  [{ hostname, server: '10.0.0.2' }, ['server: unknown option; did you mean servers?']],
  [{ services: 5 }, ['services: expected an object with options, got 5']],
  [{ services: { orders: 5 } }, ['services.orders: expected an object with options, got 5', 'services.orders.hostname: is required']],
  [{ services: { orders: '10.0.0.1' } }, ["services.orders.hostname: expected a host name, got '10.0.0.1'"]],
  [{ services: { orders: { hostname, prot: 80 } } }, ['services.orders.prot: unknown option; did you mean port?']],
])('refuses %j', (options, problems) => {
  let refusal: unknown
  try {
    new DnsRegistryBackend(options as DnsBackendOptions)
  } catch (error) {
    refusal = error
  }
  expect(refusal).toBeInstanceOf(ConfigError)
  expect((refusal as ConfigError).problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(problems)
})

it.each([['10.0.0.2'], ['10.0.0.2:5353'], ['2001:db8::2'], ['[2001:db8::2]'], ['[2001:db8::2]:5353']])('takes the server %s', (server) => {
  expect(resolve({ hostname, servers: [server] }).servers).toEqual([server])
})

describe('isHostname', () => {
  it.each(['a', 'orders.internal', '_http._tcp.orders.internal', 'orders.internal.', 'bücher.example', '7.internal', 'a-b.c'])(
    '%s: yes',
    (name) => {
      expect(isHostname(name)).toBe(true)
    },
  )
  it.each([
    '',
    '.',
    'a..b',
    '-a',
    'a-',
    'shop/orders',
    'shop\\orders',
    'orders?.a',
    'a:80',
    'a%41',
    'a\tb',
    'a b',
    '10.0.0.1',
    '::1',
    `${'a'.repeat(64)}.b`,
    'a.'.repeat(127) + 'bc',
    undefined,
  ])('%s: no', (name) => {
    expect(isHostname(name)).toBe(false)
  })
})
