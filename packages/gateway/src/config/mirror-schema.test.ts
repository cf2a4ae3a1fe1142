import { describe, expect, it } from 'vitest'
import { checkConfig, checkRoute } from './check.js'
import type { MirrorConfig } from './mirror-config.js'
import { problemsOf } from './problems-of.fixture.js'

const { gateway } = checkConfig({})

function resolved(mirror: MirrorConfig) {
  return checkRoute({ path: '/a', serviceName: 'a', trafficPolicy: { mirror } }, gateway).mirror
}

function problems(mirror: object, route: object = {}) {
  const definition = { path: '/a', serviceName: 'a', trafficPolicy: { mirror }, ...route }
  return problemsOf(() => checkRoute(definition as never, gateway)).map(({ path, message }) => `${path}: ${message}`)
}

describe('a mirror', () => {
  it('has the documented defaults', () => {
    expect(resolved({ service: 'shadow' })).toEqual({
      service: 'shadow',
      filter: undefined,
      percentage: 100,
      methods: ['GET', 'HEAD', 'OPTIONS'],
      timeoutMs: 10_000,
      maxInFlight: 64,
      maxBodyBytes: 65_536,
      headers: {},
      keepCredentials: false,
      waitForResponse: false,
      diff: undefined,
    })
  })

  it('is taken as it was written, with the defaults of a diff', () => {
    expect(resolved({ service: 's', methods: ['get', 'POST'], timeout: '2s', diff: true })).toMatchObject({
      methods: ['GET', 'POST'],
      timeoutMs: 2_000,
      diff: { status: true, headers: ['content-type'], body: true, ignore: [], maxBodyBytes: 65_536, values: false, compare: undefined },
    })
    expect(resolved({ service: 's', diff: { headers: ['ETag'], body: 'json', ignore: ['$.a'] } })?.diff).toMatchObject({
      headers: ['etag'],
      body: 'json',
      ignore: ['$.a'],
    })
    expect(resolved({ service: 's', diff: false })?.diff).toBeUndefined()
  })

  it.each([
    [{ methods: [] }, /^route\.trafficPolicy\.mirror\.methods: expected a list of methods; leave it out for GET/],
    [{ methods: ['TRACE'] }, /mirror\.methods\[0\]: TRACE is never forwarded/],
    [{ timeout: 0 }, /mirror\.timeout: expected milliseconds/],
    [{ maxInFlight: 0 }, /mirror\.maxInFlight: expected a whole number/],
    [{ maxBodyBytes: 1.5 }, /mirror\.maxBodyBytes: expected a whole number/],
    [{ filter: { tag: 'x' } }, /mirror\.filter\.tag: unknown option; did you mean tags/],
    [{ headers: { set: { 'Content-Length': '1' } } }, /mirror\.headers\.set\.Content-Length: .*frames the message/],
    [{ headers: { remove: ['a b'] } }, /mirror\.headers\.remove\[0\]: expected a header name/],
    [{ keepCredentials: 'yes' }, /mirror\.keepCredentials: expected true or false/],
    [{ diff: 'yes' }, /mirror\.diff: expected true, false or the options of a diff, got 'yes'/],
    [{ diff: { ignore: ['a.b'] } }, /mirror\.diff\.ignore\[0\]: expected a path such as/],
    [{ diff: { body: 'text' } }, /mirror\.diff\.body: expected true, false or 'json'/],
    [{ diff: { status: false, body: false, headers: [] } }, /mirror\.diff: compares nothing/],
    [{ diff: { body: false, ignore: ['$.a'] } }, /mirror\.diff\.ignore: is about bodies, and body is off/],
    [{ diff: { compare: () => [], status: true } }, /mirror\.diff\.status: is not read where compare is given/],
    [{ diff: { compare: 1 } }, /mirror\.diff\.compare: expected a function/],
    [{ diff: { ignored: [] } }, /mirror\.diff\.ignored: unknown option; did you mean ignore/],
  ])('%j is refused', (wrong, message) => {
    const found = problems({ service: 's', ...wrong })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(message)
  })

  it('has a diff where a canary’s promotion depends on it', () => {
    const promotion = { strategy: 'error-rate', maxMirrorDiffRate: 1 } as const
    const canary = { stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 }, promotion }
    const trafficPolicy = { mirror: { service: 's', diff: true } }
    expect(checkRoute({ path: '/a', serviceName: 'a', trafficPolicy, canary }, gateway).mirror?.diff).toBeDefined()
    for (const diff of [false, undefined])
      expect(problems({ service: 's', diff }, { canary })).toEqual([
        'route.canary.promotion.maxMirrorDiffRate: needs trafficPolicy.mirror.diff: without it no answers are compared',
      ])
  })
})
