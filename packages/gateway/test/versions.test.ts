import { describe, expect, it } from 'vitest'
import type { GatewayRouteDefinition, VersionRouteConfig, VersionTarget } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway, startUpstream } from './harness.js'
import { fieldValues } from './raw-http.js'

/** A service with an instance for each of v1 and v2, which answer with their version and the path that they got. */
async function start(versionRoute: Partial<VersionRouteConfig>, route: Partial<GatewayRouteDefinition> = {}, answer: string[] = []) {
  const backend = new MemoryRegistryBackend()
  for (const version of ['v1', 'v2']) {
    const { port } = await startUpstream((request, response) => {
      response.writeHead(200, answer).end(`${version} ${request.url}`)
    })
    await register(backend, 'service', port, { tags: [version], metadata: { version } })
  }
  const routes = { v1: { filter: { tags: ['v1'] } }, v2: { filter: { tags: ['v2'] } } }
  const versions: VersionRouteConfig = { strategy: 'header', defaultVersion: 'v1', routes, ...versionRoute }
  const definition = { path: '/users/**', serviceName: 'service', versionRoute: versions, ...route }
  return startGateway({ routes: [definition] }, backend)
}

const v1: VersionTarget = {
  filter: { tags: ['v1'] },
  deprecated: '2026-01-31',
  sunset: '2026-12-31T00:00:00Z',
  link: 'https://example.com/v1',
}
const v2: VersionTarget = { filter: { tags: ['v2'] } }
const lines = (rawHeaders: readonly string[]) => rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []))

describe('a route with versions', () => {
  it('reads media types', async () => {
    const { port } = await start({ strategy: 'media-type' })
    const asked = (headers: Record<string, string>, method = 'GET') => send(port, '/users/7', { method, headers })
    expect((await asked({ Accept: 'application/vnd.shop.v2+json' })).text).toBe('v2 /users/7')
    expect((await asked({ Accept: 'application/json; version=2' })).text).toBe('v2 /users/7')
    expect((await asked({ 'Content-Type': 'application/vnd.shop.v2+json' }, 'POST')).text).toBe('v2 /users/7')
    expect((await asked({ 'Content-Type': 'application/vnd.shop.v2+json' })).text).toBe('v1 /users/7')
    expect((await asked({})).headers.vary).toBe('Accept')
  })

  it('takes the segment off before the prefixes apply, however it is written', async () => {
    const uri = { strategy: 'uri', stripVersion: true } as const
    const { port } = await start(uri, { serviceConfig: { stripPrefix: '/users', addPrefix: '/inside' } })
    const got = async (path: string) => (await send(port, path)).text
    expect(await got('/users/v2/7?a=v2')).toBe('v2 /inside/7?a=v2')
    expect(await got('//users//%76%32//7')).toBe('v2 /inside/7')
    expect(await got('/users/v1/../v2/v1')).toBe('v2 /inside/v1')
    expect(await got('/users/v2')).toBe('v2 /inside')
    expect(await got('/users/v2/')).toBe('v2 /inside/')
    expect(await got('/users/7')).toBe('v1 /inside/7')
    expect(await got('/users/v9/7')).toBe('v1 /inside/v9/7')
  })

  it('forwards the segment where it is kept', async () => {
    const { port } = await start({ strategy: 'uri' })
    expect((await send(port, '/users/v2/7')).text).toBe('v2 /users/v2/7')
  })

  it('refuses an unknown version as a problem that caches keep apart', async () => {
    const { port, gateway } = await start({ onUnknownVersion: 'reject' })
    const refused = await send(port, '/users/7', { headers: { 'X-API-Version': 'v9' } })
    expect(refused).toMatchObject({ status: 400, headers: { 'content-type': 'application/problem+json', vary: 'X-API-Version' } })
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'VERSION_UNKNOWN', detail: 'The versions are v1, v2.' })
    expect(gateway.getMetrics().getSnapshot().versions[0]?.unknown).toMatchObject([{ version: 'v9', requests: 1 }])
  })

  it('tells of the end of a version on each of its answers, whatever the service says', async () => {
    const theirs = ['Deprecation', '@1', 'Sunset', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Link', '</>; rel="self"', 'Vary', 'Accept']
    const { port } = await start({ routes: { v1, v2 } }, {}, theirs)
    const first = lines((await send(port, '/users/7')).rawHeaders)
    expect(fieldValues(first, 'Deprecation')).toEqual(['@1769817600'])
    expect(fieldValues(first, 'Sunset')).toEqual(['Thu, 31 Dec 2026 00:00:00 GMT'])
    expect(fieldValues(first, 'Link')).toEqual([
      '</>; rel="self"',
      '<https://example.com/v1>; rel="deprecation", <https://example.com/v1>; rel="sunset"',
    ])
    expect(fieldValues(first, 'Vary')).toEqual(['Accept', 'X-API-Version'])
    const second = lines((await send(port, '/users/7', { headers: { 'X-API-Version': 'v2' } })).rawHeaders)
    expect(fieldValues(second, 'Deprecation')).toEqual(['@1'])
  })

  it('tells of it on answers of the gateway, too, and alike on all', async () => {
    const { port } = await start({ routes: { v1: { ...v1, filter: { tags: ['nowhere'] } } } })
    for (let i = 0; i < 3; i++) {
      expect(await send(port, '/users/7')).toMatchObject({
        status: 503,
        headers: { deprecation: '@1769817600', sunset: 'Thu, 31 Dec 2026 00:00:00 GMT', vary: 'X-API-Version' },
      })
    }
  })

  it('sends those who match to a version, past the canary', async () => {
    const match = { header: { 'X-Beta': '1' } }
    const canary = {
      stable: { version: 'v2', weight: 100 },
      canary: { version: 'v1', weight: 0 },
      promotion: { strategy: 'latency' },
    } as const
    const { port, gateway } = await start({ routes: { v1: { ...v1, match }, v2 } }, { canary })
    expect((await send(port, '/users/7', { headers: { 'X-Beta': '1' } })).text).toBe('v1 /users/7')
    expect((await send(port, '/users/7')).text).toBe('v2 /users/7')
    expect(gateway.getMetrics().getSnapshot().versions).toMatchObject([
      {
        route: '/users/**',
        serviceName: 'service',
        versions: [
          { version: 'v1', resolvedBy: { match: 1 } },
          { version: 'v2', requests: 0 },
        ],
      },
    ])
  })

  it('has the canary’s arms be versions, with their filters and what is told of their end', async () => {
    const canary = {
      stable: { version: 'v1', weight: 0 },
      canary: { version: 'v2', weight: 100 },
      promotion: { strategy: 'latency' },
    } as const
    const { port } = await start(
      { routes: { v1: { ...v2, deprecated: '2026-01-31' }, v2: { ...v1, filter: { tags: ['v1'] } } } },
      { canary },
    )
    const answer = await send(port, '/users/7')
    expect(answer).toMatchObject({ text: 'v1 /users/7', headers: { sunset: 'Thu, 31 Dec 2026 00:00:00 GMT' } })
  })
})

describe('usage', () => {
  it('is counted once a request, and not for what is only explained', async () => {
    const { gateway, port } = await start({ strategy: 'query' })
    await send(port, '/users/7?version=v2')
    await send(port, '/users/7?version=v8')
    await gateway.explain({ method: 'GET', path: '/users/7?version=v2' })
    await gateway.explain({ method: 'GET', path: '/users/7?version=v9' })
    const [usage] = gateway.getMetrics().getSnapshot().versions
    expect(usage).toMatchObject({
      versions: [
        { version: 'v1', requests: 1, resolvedBy: { default: 1 } },
        { version: 'v2', requests: 1, resolvedBy: { query: 1 } },
      ],
      unknown: [{ version: 'v8', requests: 1 }],
    })
    expect(Math.abs((usage?.versions[1]?.lastRequestAt ?? 0) - Date.now())).toBeLessThan(60_000)
  })
})

describe('an explanation', () => {
  it('says which version, by what, and what became of the path', async () => {
    const { gateway } = await start({ strategy: 'uri', stripVersion: true, onUnknownVersion: 'reject' })
    const told = await gateway.explain({ method: 'GET', path: '/users/v2/7' })
    expect(told.version).toEqual({ version: 'v2', resolvedBy: 'uri', path: '/users/7' })
    expect(told.toString()).toContain('version: v2, by uri; without its segment: /users/7\n')
    expect(told.upstream?.target).toBe('/users/7')
    const plain = await gateway.explain({ method: 'GET', path: '/users/7' })
    expect(plain.toString()).toContain('version: v1, by default\n')
    expect((await gateway.explain({ method: 'GET', path: '/users/v9' })).refusal).toMatchObject({ status: 400, code: 'VERSION_UNKNOWN' })
  })
})
