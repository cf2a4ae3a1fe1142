import { Readable } from 'node:stream'
import { ConfigError } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { DiscoveryClient, MemoryRegistryBackend, ServiceClient, type ServiceClientOptions } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { register, setUp, startService } from './services.js'

describe('requests that cannot be sent', () => {
  const paths = [
    'users',
    '',
    '//evil.example/users',
    'http://evil.example/',
    'https:evil',
    '/\\evil.example',
    '/a b',
    '/a#b',
    '/a\r\nHost: evil',
    '/a\u0000',
    '/ü',
    '/a/../b',
    '/a/%2e%2E/b',
    '/..;x=1/b',
    '/.',
    '/a?b=c d',
  ]

  it.each(paths)('the path %j', async (path) => {
    const { port, requests } = await startService((_, response) => response.end())
    const { client, leases } = await setUp([port])
    for (const call of [client.get(path), client.stream('GET', path)]) {
      await expect(call).rejects.toBeInstanceOf(ConfigError)
      await expect(call).rejects.toMatchObject({ problems: [{ path: 'path' }] })
    }
    expect([requests, leases]).toEqual([[], []])
  })

  it.each([
    ['/a..b/.c/..d', '/a..b/.c/..d'],
    ['/a?to=../b&url=http://x//y', '/a?to=../b&url=http://x//y'],
    ['/a%2Fb', '/a%2Fb'],
  ])('but not the path %s', async (path, url) => {
    const { port, requests } = await startService((_, response) => response.end())
    const { client } = await setUp([port])
    await client.get(path)
    expect(requests[0]?.url).toBe(url)
  })

  it('headers that would be others, and values are not told', async () => {
    const { client } = await setUp([])
    const bad = { 'x-a': 'secret\r\nx-b: 1', 'x a': '1', host: 'evil', 'Transfer-Encoding': 'chunked', 'x-c': '\u2603', 'x-d': true }
    const error: unknown = await client.get('/', { headers: bad as never }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      problems: Object.keys(bad).map((name) => ({ path: `headers.${name}` })),
    })
    expect(String(error)).not.toContain('secret')
  })

  it.each([
    [() => new Map([[1, 2]]), 'a Map is no JSON'],
    [() => new Blob(['a']), 'a Blob is no JSON'],
    [() => new FormData(), 'a FormData is no JSON'],
    [() => 10n, 'is no JSON'],
    [() => () => 1, 'a function is no JSON'],
  ])('a body that JSON cannot hold', async (body, message) => {
    const { client } = await setUp([])
    await expect(client.post('/', body())).rejects.toThrow(message)
  })

  it('all that is wrong with a call at once', async () => {
    const { client } = await setUp([])
    const wrong = { timeout: -1, idempotent: 'no', exclude: 'a', query: 'a=b', params: {}, signal: 1 }
    await expect(client.request('CONNECT', 'x', wrong as never)).rejects.toMatchObject({
      problems: [
        { path: 'params' },
        { path: 'method', message: 'CONNECT is not for services' },
        { path: 'path' },
        { path: 'idempotent' },
        { path: 'signal' },
        { path: 'query' },
        { path: 'timeout' },
        { path: 'exclude' },
      ],
    })
  })
})

it('refuses instances that it cannot call, and says why', async () => {
  const { client, backend, leases } = await setUp([])
  await register(backend, { port: 5001, protocol: 'grpc' })
  await expect(client.get('/')).rejects.toMatchObject({
    code: 'INSTANCE_UNUSABLE',
    message: expect.stringContaining('speaks grpc') as string,
  })
  await backend.deregister('users:127.0.0.1:5001')
  for (const host of ['evil.example/path', 'a@b', 'a:1', 'fe80::1%eth0', 'a b']) {
    await backend.register(sampleInstance({ id: 'odd', name: 'users', host }))
    await expect(client.get('/')).rejects.toThrow(`a host that a URL cannot hold: '${host}'`)
  }
  expect(leases.every(({ outcomes }) => outcomes.join() === 'ignored')).toBe(true)
})

it('passes over instances that it cannot call while there are others', async () => {
  const service = await startService((_, response) => response.end())
  const { client, backend, leases } = await setUp([], { retries: 0 })
  await register(backend, { port: 5001, protocol: 'grpc', metadata: { rank: 0 } })
  await backend.register(sampleInstance({ id: 'odd', name: 'users', host: 'a@b', metadata: { rank: 1 } }))
  await register(backend, { port: service.port, metadata: { rank: 2 } })
  expect((await client.post('/', Readable.from(['body']))).status).toBe(200)
  expect(leases.map(({ outcomes }) => outcomes)).toEqual([['ignored'], ['ignored'], ['success']])
})

it('says how many instances are known, and how they are', async () => {
  const { client, backend } = await setUp([])
  await expect(client.get('/')).rejects.toMatchObject({
    code: 'NO_INSTANCE',
    message: "No instance of 'users' is UP: the registry has none of that name. Is it registered, in this registry?",
  })
  await backend.register(sampleInstance({ name: 'users', port: 1, status: 'DOWN' }))
  await backend.register(sampleInstance({ name: 'users', port: 2, status: 'DOWN' }))
  await backend.register(sampleInstance({ name: 'users', port: 3, status: 'STARTING' }))
  const body = Readable.from(['never read'])
  await expect(client.post('/', body)).rejects.toThrow("No instance of 'users' is UP: 3 known (2 DOWN, 1 STARTING)")
  expect(body.destroyed).toBe(true)
})

it('refuses options that are wrong, all at once', () => {
  const discovery = new DiscoveryClient({}, new MemoryRegistryBackend())
  const options = {
    loadBalancingStrategy: '',
    timeout: '5',
    attemptTimeout: '30s',
    retries: -1,
    retryDelay: 'x',
    retry: { jitter: 'much', other: 1 },
    hedge: { quantile: 0 },
    circuitBreaker: { failureThreshold: 0 },
    headers: { 'a b': '1' },
    throwOnError: 'yes',
    maxResponseBytes: 0.5,
    tls: { pfx: '' },
    budgets: 1,
  }
  const paths = (given: unknown) => {
    try {
      new ServiceClient(discovery, given as ServiceClientOptions)
      return []
    } catch (error) {
      return (error as ConfigError).problems.map(({ path }) => path).sort()
    }
  }
  expect(paths(options)).toEqual(
    [
      'serviceName',
      'loadBalancingStrategy',
      'timeout',
      'attemptTimeout',
      'retries',
      'retryDelay',
      'retry.jitter',
      'retry.other',
      'hedge.quantile',
      'circuitBreaker.failureThreshold',
      'headers.a b',
      'throwOnError',
      'maxResponseBytes',
      'tls.pfx',
      'budgets',
    ].sort(),
  )
  expect(() => new ServiceClient(discovery, { serviceName: 'users', loadBalancingStrategy: 'fastest' })).toThrow(/fastest/)
})

it.each([undefined, {}, new MemoryRegistryBackend()])('wants a discovery client, not %o', async (given) => {
  const message = 'ServiceClient: discovery: expected a DiscoveryClient, or a function that returns one'
  if (given !== undefined) expect(() => new ServiceClient(given as never, { serviceName: 'users' })).toThrow(message)
  await expect(new ServiceClient(() => given as never, { serviceName: 'users' }).get('/')).rejects.toThrow(message)
})
