import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import type { VersionRouteConfig } from '../config/version-config.js'
import { GatewayError } from '../errors.js'
import { VersionRouter } from './version-router.js'

const base: VersionRouteConfig = { strategy: 'header', defaultVersion: 'v1', routes: { v1: {}, v2: {}, v3: { allowExplicit: false } } }
const asking = (version: string) => ({ path: '/', headers: { 'X-API-Version': version } })

describe('onUnknownVersion', () => {
  it('refuses with the versions that may be asked for, and nothing that the client sent', () => {
    const router = new VersionRouter({ ...base, onUnknownVersion: 'reject' })
    const refuse = () => router.resolve(asking('<v9>'))
    expect(refuse).toThrow(GatewayError)
    expect(refuse).toThrow(expect.objectContaining({ code: 'VERSION_UNKNOWN', status: 400, detail: 'The versions are v1, v2.' }))
    expect(router.resolve(asking('v3'))).toEqual({ version: 'v1', resolvedBy: 'default' })
    expect(router.resolve(asking(''))).toEqual({ version: 'v1', resolvedBy: 'default' })
  })

  it('is about segments that look like versions, where the path says which', () => {
    const router = new VersionRouter({ ...base, strategy: 'uri', onUnknownVersion: 'reject' }, { prefix: '/users' })
    expect(() => router.resolve({ path: '/users/v9' })).toThrow(/has no such version/)
    expect(() => router.resolve({ path: '/users/v1.2/7' })).toThrow(/has no such version/)
    expect(router.resolve({ path: '/users/7' }).resolvedBy).toBe('default')
    expect(router.resolve({ path: '/users/video' }).resolvedBy).toBe('default')
    expect(router.resolve({ path: '/users/7/v9' }).resolvedBy).toBe('default')
  })

  it('gives the default version even beside weights, where it is not to refuse', () => {
    const routes = { v1: { weight: 0 }, v2: { weight: 100 } }
    const router = new VersionRouter({ strategy: 'uri', defaultVersion: 'v1', routes }, { prefix: '', random: new ScriptedRandom(0.5) })
    expect(router.resolve({ path: '/v9/users' })).toEqual({ version: 'v1', resolvedBy: 'default' })
    expect(router.resolve({ path: '/users' })).toEqual({ version: 'v2', resolvedBy: 'weight' })
  })
})

describe('media types', () => {
  it('say the version in a parameter, whose name is an option, or in a vendor’s type', () => {
    const router = new VersionRouter({ ...base, strategy: 'media-type' })
    const expected = { version: 'v2', resolvedBy: 'media-type' }
    expect(router.resolve({ path: '/', headers: { Accept: 'application/json; version=2' } })).toEqual(expected)
    expect(router.resolve({ path: '/', headers: { accept: ['text/html', 'application/vnd.shop.v2+json'] } })).toEqual(expected)
    expect(router.resolve({ method: 'POST', path: '/', headers: { 'Content-Type': 'a/b;version=2' } })).toEqual(expected)
    expect(router.resolve({ path: '/', headers: { Accept: '*/*' } }).resolvedBy).toBe('default')
    const named = new VersionRouter({ ...base, strategy: 'media-type', mediaTypeParam: 'V' })
    expect(named.resolve({ path: '/', headers: { Accept: 'a/b;version=1;v=2' } })).toEqual(expected)
  })
})

describe('match', () => {
  const routes = { v1: { weight: 100 }, v2: { weight: 0 }, beta: { match: { cookie: { beta: '1' } }, allowExplicit: false } }
  const router = new VersionRouter({ strategy: 'header', routes }, { random: new ScriptedRandom(0.5) })

  it('comes before weights, and behind a version that is asked for', () => {
    expect(router.resolve({ path: '/', headers: { Cookie: 'beta=1' } })).toEqual({ version: 'beta', resolvedBy: 'match' })
    expect(router.resolve({ path: '/', headers: { Cookie: 'beta=1', 'X-API-Version': 'v2' } }).resolvedBy).toBe('header')
    expect(router.resolve({ path: '/', headers: { Cookie: 'beta=1', 'X-API-Version': 'beta' } }).resolvedBy).toBe('match')
    expect(router.resolve({ path: '/', headers: { Cookie: 'beta=2' } }).resolvedBy).toBe('weight')
  })
})

describe('stripVersion', () => {
  it('gives the path without the segment of a version that there is, whether it may be asked for or not', () => {
    const router = new VersionRouter({ ...base, strategy: 'uri', stripVersion: true }, { prefix: '/users' })
    expect(router.resolve({ path: '/users/v2/7?a=1' })).toEqual({ version: 'v2', resolvedBy: 'uri', path: '/users/7' })
    expect(router.resolve({ path: '/users/v3/7' })).toEqual({ version: 'v1', resolvedBy: 'default', path: '/users/7' })
    expect(router.resolve({ path: '/users/v9/7' })).toEqual({ version: 'v1', resolvedBy: 'default', path: '/users/v9/7' })
    expect(router.resolve({ path: '/users/7' })).toEqual({ version: 'v1', resolvedBy: 'default', path: '/users/7' })
  })
})

describe('answerHeaders', () => {
  it('name the fields that lead to another version', () => {
    const varyOf = (config: Partial<VersionRouteConfig>) => new VersionRouter({ ...base, ...config }).answerHeaders('v1').Vary
    expect(varyOf({})).toBe('X-API-Version')
    expect(varyOf({ header: 'Api' })).toBe('Api')
    expect(varyOf({ strategy: 'media-type' })).toBe('Accept')
    expect(varyOf({ strategy: 'uri' })).toBeUndefined()
    expect(varyOf({ strategy: 'query' })).toBeUndefined()
    const match = { header: { accept: true, 'X-Beta': '1' }, cookie: { a: '1', b: '2' } } as const
    expect(varyOf({ strategy: 'media-type', routes: { v1: {}, v2: { match } } })).toBe('Accept, X-Beta, Cookie')
  })

  it('tell the end of a version as RFC 9745 and RFC 8594 have it', () => {
    const ending = { deprecated: '2023-06-30T23:59:59Z', sunset: new Date('2024-06-30T23:59:59.9Z'), link: 'https://example.com/v1' }
    const router = new VersionRouter({ ...base, strategy: 'uri', routes: { v1: ending, v2: { deprecated: '2026-01-31' }, v3: {} } })
    expect(router.answerHeaders('v1')).toEqual({
      Deprecation: '@1688169599',
      Sunset: 'Sun, 30 Jun 2024 23:59:59 GMT',
      Link: '<https://example.com/v1>; rel="deprecation", <https://example.com/v1>; rel="sunset"',
    })
    expect(router.answerHeaders('v2')).toEqual({ Deprecation: '@1769817600' })
    expect(router.answerHeaders('v3')).toEqual({})
    expect(router.answerHeaders('v9')).toEqual({})
  })
})

describe('getUsage', () => {
  it('says who asked for which version, how, and when', async () => {
    const clock = new FakeClock()
    const routes = { v1: { weight: 100 }, v2: { match: { header: { 'X-Beta': true as const } } }, v3: {} }
    const router = new VersionRouter({ strategy: 'header', defaultVersion: 'v1', routes }, { clock, random: new ScriptedRandom(0.5, 0.5) })
    const start = clock.wallTime()
    router.resolve(asking('v1'))
    router.resolve({ path: '/' })
    router.resolve({ path: '/', headers: { 'X-Beta': '' } })
    await clock.advance(1_000)
    router.resolve(asking('v8'))
    router.resolve(asking('v2'))
    expect(router.getUsage()).toEqual({
      versions: [
        { version: 'v1', requests: 3, resolvedBy: { header: 1, weight: 1, default: 1 }, lastRequestAt: start + 1_000 },
        { version: 'v2', requests: 2, resolvedBy: { header: 1, match: 1 }, lastRequestAt: start + 1_000 },
        { version: 'v3', requests: 0, resolvedBy: {}, lastRequestAt: undefined },
      ],
      unknown: [{ version: 'v8', requests: 1, lastRequestAt: start + 1_000 }],
      otherUnknown: 0,
    })
  })

  it('counts what is refused as unknown, and nothing else', () => {
    const router = new VersionRouter({ ...base, onUnknownVersion: 'reject' })
    expect(() => router.resolve(asking('v9'))).toThrow()
    const { versions, unknown } = router.getUsage()
    expect(versions.every(({ requests }) => requests === 0)).toBe(true)
    expect(unknown).toMatchObject([{ version: 'v9', requests: 1 }])
  })
})
