import { ConfigError } from '@hazeljs/core'
import { ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import type { VersionRouteConfig } from '../config/version-config.js'
import { VersionRouter } from './version-router.js'

const weighted: VersionRouteConfig = {
  strategy: 'header',
  header: 'X-API-Version',
  defaultVersion: 'v1',
  routes: {
    v1: { weight: 70, allowExplicit: true },
    v2: { weight: 25, allowExplicit: true },
    v3: { weight: 5, allowExplicit: false },
  },
}
const unweighted: VersionRouteConfig = { strategy: 'header', defaultVersion: 'v1', routes: { v1: {}, v2: {} } }

describe('VersionRouter', () => {
  it('gives the version that a header asks for, whatever the case of its name', () => {
    const router = new VersionRouter(weighted, { random: new ScriptedRandom() })
    expect(router.resolve({ method: 'GET', path: '/api/users', headers: { 'x-api-version': 'v2' } })).toEqual({
      version: 'v2',
      resolvedBy: 'header',
    })
    expect(router.resolveRaw(['Host', 'a', 'X-Api-VERSION', 'v1'], '/', '')).toEqual({ version: 'v1', resolvedBy: 'header' })
  })

  it('reads X-API-Version where no header is named', () => {
    expect(new VersionRouter(unweighted).resolve({ path: '/', headers: { 'X-API-Version': ['v2'] } }).version).toBe('v2')
  })

  it('spreads what asks for no version by weight', () => {
    const router = new VersionRouter(weighted, { random: new ScriptedRandom(0, 0.699, 0.7, 0.949, 0.95, 0.999) })
    const drawn = Array.from({ length: 6 }, () => router.resolve({ path: '/', headers: {} }))
    expect(drawn.map(({ version }) => version)).toEqual(['v1', 'v1', 'v2', 'v2', 'v3', 'v3'])
    expect(drawn[0]?.resolvedBy).toBe('weight')
  })

  it('keeps to the weights over many requests', () => {
    const router = new VersionRouter(weighted, { random: new SeededRandom(7) })
    let second = 0
    for (let i = 0; i < 20_000; i++) if (router.resolveRaw([], '/', '').version === 'v2') second++
    expect(Math.abs(second / 20_000 - 0.25)).toBeLessThan(0.0125) // four standard deviations
  })

  it('never draws a version without a weight, not even where rounding leaves a gap', () => {
    const third = 100 / 3
    const routes = { a: { weight: third }, b: { weight: third }, c: { weight: third }, rest: {} }
    const router = new VersionRouter({ strategy: 'query', routes }, { random: new ScriptedRandom(0.9999999999999999) })
    expect(router.resolveRaw([], '/', '').version).toBe('c')
  })

  it('sends an unknown version to the default', () => {
    const router = new VersionRouter(weighted, { random: new ScriptedRandom() })
    expect(router.resolve({ path: '/', headers: { 'x-api-version': 'v9' } })).toEqual({ version: 'v1', resolvedBy: 'default' })
  })

  it('treats a version that may not be asked for, and an empty one, as not asked for', () => {
    const router = new VersionRouter(weighted, { random: new ScriptedRandom(0.8, 0.8) })
    const expected = { version: 'v2', resolvedBy: 'weight' }
    expect(router.resolve({ path: '/', headers: { 'x-api-version': 'v3' } })).toEqual(expected)
    expect(router.resolve({ path: '/', headers: { 'x-api-version': '' } })).toEqual(expected)
  })

  it('gives the default where there are no weights', () => {
    expect(new VersionRouter(unweighted).resolve({ path: '/' })).toEqual({ version: 'v1', resolvedBy: 'default' })
  })

  it('draws for an unknown version where there is no default', () => {
    const router = new VersionRouter({ strategy: 'header', routes: { v1: { weight: 100 } } })
    expect(router.resolve({ path: '/', headers: { 'x-api-version': 'v9' } })).toEqual({ version: 'v1', resolvedBy: 'weight' })
  })

  it('reads the query, wherever the caller has it', () => {
    const router = new VersionRouter({ ...unweighted, strategy: 'query' })
    const expected = { version: 'v2', resolvedBy: 'query' }
    expect(router.resolve({ path: '/users?version=v2' })).toEqual(expected)
    expect(router.resolve({ path: '/users?next=/a?b=1&version=v2' })).toEqual(expected)
    expect(router.resolve({ path: '/users', query: { version: 'v2' } })).toEqual(expected)
    expect(router.resolve({ path: '/users', query: '?version=v2' })).toEqual(expected)
    expect(router.resolveRaw([], '/users', '?a=1&version=v2')).toEqual(expected)
    const named = new VersionRouter({ ...unweighted, strategy: 'query', queryParam: 'api' })
    expect(named.resolve({ path: '/?api=v2&version=v1' })).toEqual(expected)
  })

  it('reads the path behind the prefix', () => {
    const router = new VersionRouter({ ...unweighted, strategy: 'uri' }, { prefix: '/api/users' })
    expect(router.resolve({ path: '/api/users/v2/7' })).toEqual({ version: 'v2', resolvedBy: 'uri' })
    expect(router.resolve({ path: '/api/users/7' })).toEqual({ version: 'v1', resolvedBy: 'default' })
    expect(new VersionRouter({ ...unweighted, strategy: 'uri' }).resolve({ path: '/v2/users' }).version).toBe('v2')
  })

  it('is not fooled by names that every object has', () => {
    const router = new VersionRouter(unweighted)
    expect(router.resolve({ path: '/', headers: { 'x-api-version': 'constructor' } }).resolvedBy).toBe('default')
  })

  it('refuses a wrong configuration', () => {
    const make = () => new VersionRouter({ strategy: 'header', defaultVersion: 'v3', routes: { v1: { weight: 70 }, v2: { weight: 20 } } })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(
      /routes: the weights of the versions sum to 90; expected 100, in per cent\n.*defaultVersion: 'v3' is none of the versions in routes \(v1, v2\)/,
    )
  })
})
