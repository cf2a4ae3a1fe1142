import { describe, expect, it } from 'vitest'
import { checkConfig, checkRoute } from './check.js'
import type { GatewayRouteDefinition } from './definition.js'
import type { GatewayConfig } from './gateway-options.js'
import { problemsOf } from './problems-of.fixture.js'

const route: GatewayRouteDefinition = { path: '/api/users/**', serviceName: 'user-service' }
const { gateway } = checkConfig({})

function resolved(definition: GatewayRouteDefinition, config: GatewayConfig = {}) {
  return checkRoute(definition, checkConfig(config).gateway)
}

describe('a resolved route', () => {
  it('has the defaults', () => {
    expect(resolved(route)).toEqual({
      path: '/api/users/**',
      shape: '/api/users/**',
      methods: undefined,
      allowEncodedSlashes: false,
      serviceName: 'user-service',
      strategy: 'round-robin',
      filter: undefined,
      stripPrefix: '',
      addPrefix: '',
      preserveHost: false,
      versionRoute: undefined,
      canary: undefined,
      timeoutMs: undefined,
      attemptTimeoutMs: undefined,
      upgrades: ['websocket'],
      upgradeIdleMs: 300_000,
      maxBodyBytes: undefined,
      retry: undefined,
      circuitBreaker: undefined,
      rateLimit: undefined,
      bulkhead: undefined,
      mirror: undefined,
      transform: undefined,
      definition: route,
    })
  })

  it('takes the service from serviceConfig too, methods in any case, prefixes with a slash at the end', () => {
    const definition = {
      path: '/api/users/**',
      methods: ['get', 'POST'],
      serviceConfig: {
        serviceName: 'user-service',
        loadBalancingStrategy: 'random',
        stripPrefix: '/api/users/',
        addPrefix: '/v1/',
        preserveHost: true,
      },
    }
    expect(resolved(definition)).toMatchObject({
      methods: ['GET', 'POST'],
      serviceName: 'user-service',
      strategy: 'random',
      stripPrefix: '/api/users',
      addPrefix: '/v1',
      preserveHost: true,
    })
    expect(resolved({ ...route, serviceConfig: { stripPrefix: '/' } }).stripPrefix).toBe('')
  })

  it('gets the default policies whole, replaces them whole, and switches them off with false', () => {
    const config: GatewayConfig = {
      resilience: {
        defaultCircuitBreaker: { failureThreshold: 5, resetTimeout: 15_000 },
        defaultRetry: { maxAttempts: 2, baseDelay: 500 },
        defaultTimeout: '10s',
      },
    }
    expect(resolved(route, config)).toMatchObject({
      circuitBreaker: { failureThreshold: 5, resetTimeout: 15_000 },
      retry: { maxAttempts: 2, baseDelay: 500 },
      timeoutMs: 10_000,
    })
    const own = resolved(
      { ...route, circuitBreaker: { failureThreshold: 3 }, trafficPolicy: { retry: { maxAttempts: 1 }, timeout: 50 } },
      config,
    )
    expect(own).toMatchObject({ timeoutMs: 50 })
    expect([own.circuitBreaker, own.retry]).toEqual([{ failureThreshold: 3 }, { maxAttempts: 1 }])
    const off = resolved({ ...route, trafficPolicy: { circuitBreaker: false, retry: false, timeout: false } }, config)
    expect([off.circuitBreaker, off.retry, off.timeoutMs]).toEqual([undefined, undefined, undefined])
    const undefinedOnes = { ...route, circuitBreaker: undefined, trafficPolicy: { retry: undefined, timeout: undefined } }
    expect(checkRoute(undefinedOnes, checkConfig(config).gateway)).toMatchObject({ retry: { maxAttempts: 2 }, timeoutMs: 10_000 })
  })

  it('takes the rate limit and the bulkhead of the traffic policy', () => {
    const trafficPolicy = { rateLimit: { max: 5, window: 1_000, key: 'ip' as const }, bulkhead: { maxConcurrent: 3 }, attemptTimeout: '1s' }
    expect(resolved({ ...route, trafficPolicy })).toMatchObject({
      rateLimit: { max: 5, key: 'ip' },
      bulkhead: { maxConcurrent: 3 },
      attemptTimeoutMs: 1_000,
    })
  })
})

describe('checkRoute', () => {
  it('refuses a route that equals an existing one', () => {
    const existing = [resolved(route)]
    const problems = problemsOf(() => checkRoute({ ...route, path: '/api/users/**' }, gateway, 'addRoute', existing))
    expect(problems).toEqual([
      {
        path: 'addRoute',
        message: 'claims the same requests as the route in service (/api/users/**); give each its own path or methods',
      },
    ])
    expect(checkRoute({ ...route, path: '/api/orders/**' }, gateway, 'addRoute', existing).path).toBe('/api/orders/**')
  })

  it('finds equal routes within a configuration, whatever their parameters are called', () => {
    const routes = [
      { path: '/users/:id', serviceName: 'a', methods: ['GET'] },
      { path: '/users/:id', serviceName: 'a', methods: ['POST'] },
      { path: '/users/:name', serviceName: 'b', methods: ['get', 'DELETE'] },
    ]
    expect(problemsOf(() => checkConfig({ routes }))).toEqual([
      { path: 'routes[2]', message: 'claims the same requests as routes[0] (/users/:id); give each its own path or methods' },
    ])
  })
})

const canary = { stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 }, promotion: { strategy: 'error-rate' } }
const versions = { strategy: 'header', defaultVersion: 'v1', routes: { v1: {}, v2: {} } }

describe('a wrong route', () => {
  it.each([
    [{ serviceNme: 'a' }, 'serviceNme', 'unknown option; did you mean serviceName?'],
    [{ path: undefined }, 'path', 'is missing; expected a non-empty string'],
    [{ path: '/a/**/b' }, 'path', /can only be the last segment/],
    [{ path: '/a?b=c' }, 'path', /has no query/],
    [{ methods: [] }, 'methods', /expected a list of methods; leave it out for every method/],
    [{ methods: ['GTE'] }, 'methods[0]', `'GTE' is no HTTP method; did you mean GET?`],
    [{ methods: ['GET', 'get'] }, 'methods[1]', 'GET is in the list already'],
    [{ methods: ['CONNECT'] }, 'methods[0]', 'CONNECT is never forwarded'],
    [{ serviceName: undefined }, 'serviceName', /is missing; name the service/],
    [{ serviceName: '' }, 'serviceName', /expected a non-empty string, got ''/],
    [
      { serviceConfig: { serviceName: 'other' } },
      'serviceConfig.serviceName',
      `'other' contradicts the route's serviceName 'user-service'; keep one`,
    ],
    [
      { serviceConfig: { loadBalancingStrategy: 'fastest' } },
      'serviceConfig.loadBalancingStrategy',
      /expected one of 'round-robin', .*got 'fastest'/,
    ],
    [{ serviceConfig: { stripPrefix: 'api' } }, 'serviceConfig.stripPrefix', /starts with a slash/],
    [{ serviceConfig: { stripPrefix: '/api/orders' } }, 'serviceConfig.stripPrefix', /never starts with '\/api\/orders'/],
    [{ serviceConfig: { addPrefix: '/v1?x' } }, 'serviceConfig.addPrefix', /without a query/],
    [{ serviceConfig: { filter: { tag: ['a'] } } }, 'serviceConfig.filter.tag', /did you mean tags/],
    [{ serviceConfig: { filter: { status: 'ALIVE' } } }, 'serviceConfig.filter.status', /expected one of 'UP'/],
    [{ circuitBreaker: { failureThreshold: -1 } }, 'circuitBreaker.failureThreshold', /got -1/],
    [{ circuitBreaker: true }, 'circuitBreaker', 'expected the options of a circuit breaker, or false, got true'],
    [{ circuitBreaker: {}, trafficPolicy: { circuitBreaker: false } }, 'circuitBreaker', /in trafficPolicy.circuitBreaker; keep one/],
    [{ rateLimit: { max: 1, window: 1 }, trafficPolicy: { rateLimit: { max: 1, window: 1 } } }, 'rateLimit', /keep one/],
    [{ rateLimit: { strategy: 'leaky', max: 5, window: 1_000 } }, 'rateLimit.strategy', /got 'leaky'/],
    [{ rateLimit: { max: 5, window: 1_000, key: 'user' } }, 'rateLimit.key', /expected 'ip' or a function of the request, got 'user'/],
    [{ trafficPolicy: { timeout: true } }, 'trafficPolicy.timeout', /expected milliseconds, a string such as '30s', or false, got true/],
    [{ trafficPolicy: { timeout: Number.NaN } }, 'trafficPolicy.timeout', /got NaN/],
    [{ trafficPolicy: { retry: { backoff: 'quick' } } }, 'trafficPolicy.retry.backoff', /got 'quick'/],
    [{ trafficPolicy: { bulkhead: { maxConcurrent: 0 } } }, 'trafficPolicy.bulkhead.maxConcurrent', /got 0/],
    [
      { trafficPolicy: { mirror: { service: 'x', percentage: 101 } } },
      'trafficPolicy.mirror.percentage',
      /from 0 to 100, in per cent, got 101/,
    ],
    [{ trafficPolicy: { mirror: {} } }, 'trafficPolicy.mirror.service', /is missing/],
    [
      { trafficPolicy: { transform: { request: { set: { 'X Y': 'a' } } } } },
      `trafficPolicy.transform.request.set['X Y']`,
      /expected a header name/,
    ],
    [{ trafficPolicy: { transform: { request: { set: { X: 'a\nb' } } } } }, 'trafficPolicy.transform.request.set.X', /without line breaks/],
    [
      { trafficPolicy: { transform: { response: { remove: ['Content-Length'] } } } },
      'trafficPolicy.transform.response.remove[0]',
      /frames the message/,
    ],
    [
      { trafficPolicy: { transform: { response: { set: { X: '1' }, remove: ['x'] } } } },
      'trafficPolicy.transform.response.remove[0]',
      /given already, in set/,
    ],
    [{ canary: { ...canary, canary: { version: '2', weight: 20 } } }, 'canary.canary.weight', /sum to 110; expected 100/],
    [{ canary: { ...canary, canary: { version: '1', weight: 10 } } }, 'canary.canary.version', /is the stable version too/],
    [{ canary: { ...canary, stable: { version: '1', weight: Number.NaN } } }, 'canary.stable.weight', /got NaN/],
    [
      { canary: { ...canary, promotion: { strategy: 'error-rate', steps: [10, 50, 50, 100] } } },
      'canary.promotion.steps[2]',
      /50 is not above the step before it, 50/,
    ],
    [
      { canary: { ...canary, promotion: { strategy: 'error-rate', steps: [10, 50] } } },
      'canary.promotion.steps[1]',
      /the last step is 50; expected 100/,
    ],
    [{ canary: { ...canary, promotion: { strategy: 'error-rate', stepInterval: 'soon' } } }, 'canary.promotion.stepInterval', /got 'soon'/],
    [
      { canary: { ...canary, promotion: { strategy: 'vibes' } } },
      'canary.promotion.strategy',
      /expected one of 'error-rate', 'latency', 'custom', got 'vibes'/,
    ],
    [{ canary: { ...canary, promotion: { strategy: 'custom' } } }, 'canary.promotion.customEvaluator', /is missing/],
    [{ canary: { ...canary, promotion: undefined } }, 'canary.promotion', 'is missing; expected an object'],
    [
      { versionRoute: { ...versions, routes: { v1: { weight: 70 }, v2: { weight: 20 } } } },
      'versionRoute.routes',
      /sum to 90; expected 100/,
    ],
    [{ versionRoute: { ...versions, routes: { v1: { weight: 101 } } } }, 'versionRoute.routes.v1.weight', /got 101/],
    [{ versionRoute: { ...versions, defaultVersion: 'v3' } }, 'versionRoute.defaultVersion', /none of the versions in routes \(v1, v2\)/],
    [{ versionRoute: { ...versions, defaultVersion: undefined } }, 'versionRoute.defaultVersion', /have nowhere to go/],
    [{ versionRoute: { strategy: 'header', routes: {} } }, 'versionRoute.routes', /at least one version/],
    [{ versionRoute: { ...versions, header: 'no good' } }, 'versionRoute.header', /expected a header name/],
    [{ versionRoute: { ...versions, queryParam: 'v' } }, 'versionRoute.queryParam', /is read only with strategy 'query'/],
    [{ versionRoute: { strategy: 'uri', routes: { 'a/b': { weight: 100 } } } }, 'versionRoute.routes.a/b', /is a segment of the path/],
  ])('%j', (change, path, message) => {
    const problems = problemsOf(() => checkRoute({ ...route, ...change }, gateway, 'routes[0]'))
    const seen = problems.filter((problem) => problem.path === `routes[0].${path}`)
    expect(problems.map((problem) => problem.path)).toContain(`routes[0].${path}`)
    expect(seen.map((problem) => problem.message).join('\n')).toMatch(message)
  })

  it('takes the article’s canary, with fractions that make 100, and blue-green', () => {
    const steps = [0, 100]
    const third = {
      ...canary,
      stable: { version: '1', weight: 66.7 },
      canary: { version: '2', weight: 33.3 },
      promotion: { strategy: 'latency', steps },
    }
    expect(checkRoute({ ...route, canary: third }, gateway).canary?.promotion.steps).toEqual(steps)
  })
})
