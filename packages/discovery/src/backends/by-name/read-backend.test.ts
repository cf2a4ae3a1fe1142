import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { discoveryProblems } from '../../config.js'
import { DiscoveryClient } from '../../discovery-client.js'
import { ServiceRegistry } from '../../registration/service-registry.js'
import { sampleInstance } from '../../testing/index.js'
import { DnsRegistryBackend } from '../dns/dns-registry-backend.js'
import { EtcdRegistryBackend } from '../etcd/etcd-registry-backend.js'
import { defaultMemoryBackend, MemoryRegistryBackend } from '../memory/memory-registry-backend.js'
import { StaticRegistryBackend } from '../static/static-registry-backend.js'
import type { BackendChoice } from './backend-config.js'
import { createRegistryBackend } from './create-registry-backend.js'
import { DeferredRegistryBackend } from './deferred-registry-backend.js'

const problemsOf = (config: object) => discoveryProblems(config).map(({ path, message }) => `${path}: ${message}`)

describe('a backend by its name', () => {
  it.each<[BackendChoice, new (...args: never[]) => object, number | undefined]>([
    [{ backend: 'memory', backendConfig: { ttl: '5s' } }, MemoryRegistryBackend, 5_000],
    [{ backend: 'redis' }, DeferredRegistryBackend, 90_000],
    [{ backend: 'redis', backendConfig: { url: 'redis://127.0.0.1:1', ttl: 30 } }, DeferredRegistryBackend, 30_000],
    [{ backend: 'consul' }, DeferredRegistryBackend, 30_000],
    [{ backend: 'consul', backendConfig: { host: 'consul.internal', ttl: '15s' } }, DeferredRegistryBackend, 15_000],
    [{ backend: 'etcd', backendConfig: { endpoints: 'http://127.0.0.1:1', ttl: '10s' } }, EtcdRegistryBackend, 10_000],
    [{ backend: 'kubernetes' }, DeferredRegistryBackend, undefined],
    [{ backend: 'static', backendConfig: { services: { orders: ['http://10.0.0.1:3000'] } } }, StaticRegistryBackend, undefined],
    [
      { backend: 'dns', backendConfig: { hostname: '{service}.internal', services: { users: 'users.internal' } } },
      DnsRegistryBackend,
      undefined,
    ],
  ])('%j is made, and its ttl is known at once', async (config, kind, ttlMs) => {
    const backend = createRegistryBackend(config)
    expect(backend).toBeInstanceOf(kind)
    expect(backend.ttlMs).toBe(ttlMs)
    await backend.close?.()
    await backend.close?.()
  })

  it('is the shared one for memory without a config, and one of its own with a config', () => {
    expect([createRegistryBackend({}), createRegistryBackend({ backend: 'memory' })]).toEqual([defaultMemoryBackend, defaultMemoryBackend])
    const one = createRegistryBackend({ backend: 'memory', backendConfig: {} })
    expect(one).not.toBe(defaultMemoryBackend)
    expect(one).not.toBe(createRegistryBackend({ backend: 'memory', backendConfig: {} }))
  })

  it('is the given one where one is given', () => {
    const backend = new MemoryRegistryBackend()
    expect(createRegistryBackend({ backend })).toBe(backend)
  })

  it('works with what it was given to work with', async () => {
    const clock = new FakeClock()
    const backend = createRegistryBackend({ backendConfig: { ttl: '1s' } }, { clock })
    await backend.register(sampleInstance())
    await clock.advance(1_000)
    expect(await backend.getInstances('orders')).toEqual([])
  })

  it('is asked for where there is a config of one, and no name', () => {
    expect(problemsOf({ backendConfig: { url: 'redis://127.0.0.1' } })).toEqual([
      'backendConfig.url: unknown option; known are ttl',
      'backend: is missing: whose backendConfig is it? Known are memory, redis, consul, etcd, kubernetes, static, dns',
    ])
    expect(problemsOf({ backendConfig: { ttl: '5s' } })).toEqual([])
  })

  it.each([
    ['redis', "expected a RegistryBackend, got 'redis'; a name stands in the options: { backend: 'redis', backendConfig: { … } }"],
    [null, 'expected a RegistryBackend, got null'],
    [{ get: () => 'the client of a registry' }, 'expected a RegistryBackend, got an object'],
    [new DiscoveryClient(), 'expected a RegistryBackend, got an object'],
  ])('is not taken for a backend: %s', (given, message) => {
    expect(() => new DiscoveryClient({}, given as never)).toThrow(`DiscoveryClient: backend: ${message}`)
    expect(() => new ServiceRegistry({ name: 'orders', port: 1 }, given as never)).toThrow(`ServiceRegistry: backend: ${message}`)
  })

  it('is refused with everything that is wrong', () => {
    expect(() => createRegistryBackend({ backend: 'redis', backendConfig: { ttl: -1, port: 0 } })).toThrow(ConfigError)
  })
})

describe('problems', () => {
  it.each<[object, readonly string[]]>([
    [{ backend: 'radis' }, ["backend: expected the name of a registry or a RegistryBackend, got 'radis'; did you mean redis?"]],
    [
      { backend: 'zookeeper' },
      [
        "backend: expected the name of a registry or a RegistryBackend, got 'zookeeper'; known are memory, redis, consul, etcd, kubernetes, static, dns",
      ],
    ],
    [{ backend: 5, backendConfig: {} }, ['backend: expected the name of a registry or a RegistryBackend, got 5']],
    [
      { backend: new MemoryRegistryBackend(), backendConfig: {} },
      ['backendConfig: is for a backend by its name; this one is made already'],
    ],
    [{ backendConfig: { tll: 5 } }, ['backendConfig.tll: unknown option; did you mean ttl?']],
    [{ backend: 'redis', backendConfig: 5 }, ['backendConfig: expected an object with options, got 5']],
    [
      { backend: 'redis', backendConfig: { ttl: 0, prot: 5, tls: { keys: '' } } },
      [
        'backendConfig.prot: unknown option; did you mean port?',
        'backendConfig.tls.keys: unknown option; did you mean key?',
        "backendConfig.ttl: expected seconds, or a string such as '90s', of at least 100 ms, got 0",
      ],
    ],
    [
      { backend: 'redis', backendConfig: { url: 'http://redis', host: 'a' } },
      [
        'backendConfig.host: stands beside url: give url, or host and port, or sentinels and masterName, or cluster',
        "backendConfig.url: expected a URL such as 'redis://127.0.0.1:6379' or 'rediss://user:password@redis.internal:6380/0'",
      ],
    ],
    [{ backend: 'redis', backendConfig: { sentinels: [{ host: 'a' }] } }, ['backendConfig.masterName: and sentinels are needed together']],
    [
      { backend: 'redis', backendConfig: { cluster: [{ port: 0 }], db: 1 } },
      [
        'backendConfig.cluster[0].host: is required',
        'backendConfig.cluster[0].port: expected a whole number from 1 to 65535, got 0',
        'backendConfig.db: is always 0 in a cluster',
      ],
    ],
    [
      { backend: 'redis', backendConfig: { cluster: [] } },
      ["backendConfig.cluster: expected a list such as [{ host: '10.0.0.1', port: 6379 }], got an array"],
    ],
    [
      { backend: 'consul', backendConfig: { url: 'http://a/v1', port: 1, ttl: 5 } },
      [
        "backendConfig.ttl: expected milliseconds or a string such as '250ms', '30s', '5m' from 1000 to 2147483647, got 5",
        'backendConfig.port: stands in the url already',
        "backendConfig.url: expected a URL such as 'http://127.0.0.1:8500', without a path; credentials are the token",
      ],
    ],
    [{ backend: 'consul', backendConfig: { url: 'http://a', tls: true } }, ['backendConfig.tls: needs https']],
    [{ backend: 'etcd' }, ['backendConfig.endpoints: is required']],
    [{ backend: 'kubernetes', backendConfig: { namespce: 'a' } }, ['backendConfig.namespce: unknown option; did you mean namespace?']],
    [{ backend: 'static' }, ['backendConfig.services: is required']],
    [
      { backend: 'static', backendConfig: { services: { orders: ['here', { host: 'a', prot: 1 }] } } },
      [
        'backendConfig.services.orders[1].prot: unknown option; did you mean port?',
        "backendConfig.services.orders[0]: expected a URL such as 'http://10.0.0.1:3000', got 'here'",
      ],
    ],
    [{ backend: 'dns' }, ['backendConfig.hostname: is required, or services']],
    [
      { backend: 'dns', backendConfig: { services: { a: { hostname: 'a', prot: 5 } } } },
      ['backendConfig.services.a.prot: unknown option; did you mean port?'],
    ],
  ])('of %j', (config, problems) => {
    expect(problemsOf(config)).toEqual(problems)
  })

  it('never show a password', () => {
    expect(problemsOf({ backend: 'redis', backendConfig: { url: 'http://me:secret@redis' } }).join()).not.toContain('secret')
  })
})

it('takes of each name only its own options, at compile time', () => {
  const choices: readonly BackendChoice[] = [
    { backend: 'redis', backendConfig: { url: 'redis://a', ttl: 30 } },
    // @ts-expect-error endpoints are etcd's
    { backend: 'redis', backendConfig: { endpoints: 'http://a' } },
    // @ts-expect-error etcd has no default place
    { backend: 'etcd' },
    // @ts-expect-error no such registry
    { backend: 'zookeeper' },
    // @ts-expect-error a backend that is made has its options already
    { backend: new MemoryRegistryBackend(), backendConfig: {} },
  ]
  expect(choices).toHaveLength(5)
})
