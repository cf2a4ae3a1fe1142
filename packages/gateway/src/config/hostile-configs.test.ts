import { describe, expect, it } from 'vitest'
import { checkConfig, checkRoute, checkRoutes } from './check.js'
import type { GatewayRouteDefinition, TrafficPolicyConfig } from './definition.js'
import { problemsOf } from './problems-of.fixture.js'

const { gateway } = checkConfig({})
const route = { path: '/a', serviceName: 'service' }

function throwing(name: string): object {
  return Object.defineProperty({}, name, {
    enumerable: true,
    get: () => {
      throw new Error('boom')
    },
  })
}

describe('a configuration that is more than data', () => {
  it.each([
    { what: 'a gateway option', check: () => checkConfig(throwing('pseudonym')), path: 'pseudonym' },
    { what: 'a nested option', check: () => checkConfig({ limits: throwing('maxUrlLength') }), path: 'limits.maxUrlLength' },
    { what: 'an option of a route', check: () => checkConfig({ routes: [{ ...route }, throwing('path')] }), path: 'routes[1].path' },
    { what: 'a route that is added', check: () => checkRoute(throwing('path'), gateway), path: 'route.path' },
    { what: 'a route of several', check: () => checkRoutes([route, throwing('path')], gateway), path: 'routes[1].path' },
  ])('is told of where a getter throws: $what', ({ check, path }) => {
    expect(problemsOf(check)).toContainEqual({ path, message: 'cannot be read: boom' })
  })

  it('is told of where nothing of it can be read', () => {
    const closed = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    expect(problemsOf(() => checkConfig(closed))).toEqual([{ path: '', message: 'cannot be read: no' }])
    class Closed {
      readonly serviceName = 'service'
      get path(): string {
        throw new Error('shut')
      }
    }
    expect(problemsOf(() => checkRoute(new Closed(), gateway))).toEqual([{ path: 'route', message: 'cannot be read: shut' }])
  })

  it('is told of where it holds itself', () => {
    const metadata: Record<string, unknown> = {}
    metadata.self = { metadata }
    const filter = { metadata }
    expect(problemsOf(() => checkRoute({ ...route, serviceConfig: { filter } }, gateway))).toEqual([
      { path: 'route.serviceConfig.filter.metadata.self.metadata', message: 'holds itself' },
    ])
  })

  it('may hold one thing in two places', () => {
    const rateLimit = { strategy: 'token-bucket', max: 5, window: 1_000 }
    expect(() =>
      checkRoutes(
        [
          { ...route, rateLimit },
          { ...route, path: '/b', rateLimit },
        ],
        gateway,
      ),
    ).not.toThrow()
  })

  it('has routes without holes', () => {
    expect(problemsOf(() => checkRoutes([, route], gateway)).map(({ path }) => path)).toEqual(['routes[0]']) // eslint-disable-line no-sparse-arrays
  })

  it('is read once: what was checked is what is used', () => {
    let reads = 0
    const shifting = {
      serviceName: 'service',
      get path() {
        return reads++ === 0 ? '/good' : 'no path at all'
      },
    }
    expect(checkRoute(shifting, gateway).path).toBe('/good')
  })

  it.each([
    { place: 'options', rest: '"__proto__":{}', path: '.__proto__' },
    {
      place: 'versions',
      rest: '"versionRoute":{"strategy":"header","routes":{"v1":{"weight":100},"__proto__":{"weight":"x"}}}',
      path: '.versionRoute.routes.__proto__',
    },
    {
      place: 'headers',
      rest: '"trafficPolicy":{"transform":{"request":{"set":{"__proto__":"a\\r\\nb"}}}}',
      path: '.trafficPolicy.transform.request.set.__proto__',
    },
  ])('never has the name __proto__, which no schema sees, among $place', ({ rest, path }) => {
    const definition = JSON.parse(`{"path":"/a","serviceName":"service",${rest}}`) as unknown
    expect(problemsOf(() => checkRoute(definition, gateway))).toEqual([{ path: `route${path}`, message: 'is no name that can be used' }])
  })
})

it('whose passphrase is no text is not quoted', () => {
  expect(problemsOf(() => checkConfig({ upstream: { tls: { passphrase: 1234567 } } }))).toEqual([
    { path: 'upstream.tls.passphrase', message: 'expected text' },
  ])
})

describe('a route that is an instance of a class', () => {
  class Route implements GatewayRouteDefinition {
    readonly path = '/a'
    readonly serviceName = 'service'
    trafficPolicy: TrafficPolicyConfig = { timeout: '1s' }
  }

  it('is copied, so that changing it later changes nothing', () => {
    const instance = new Route()
    const { definition } = checkRoute(instance, gateway)
    instance.trafficPolicy = { timeout: '2s' }
    expect(definition).toEqual({ path: '/a', serviceName: 'service', trafficPolicy: { timeout: '1s' } })
    expect(Object.isFrozen(definition)).toBe(true)
  })
})
