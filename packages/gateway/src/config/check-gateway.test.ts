import { ConfigError } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { checkConfig } from './check.js'
import {
  defaultConnectTimeoutMs,
  defaultIdleTimeoutMs,
  defaultKeepAliveMs,
  defaultMaxUrlLength,
  defaultMetricsWindowMs,
  defaultMirrorPercentage,
  defaultStrategy,
} from './defaults.js'
import { problemsOf } from './problems-of.fixture.js'

describe('checkConfig', () => {
  it('accepts an empty configuration and fills in the defaults', () => {
    const { gateway, routes } = checkConfig({})
    expect(routes).toEqual([])
    expect(gateway).toEqual({
      discovery: {},
      defaults: {
        circuitBreaker: undefined,
        retry: undefined,
        timeoutMs: undefined,
        idleTimeoutMs: defaultIdleTimeoutMs,
        maxBodyBytes: undefined,
      },
      metrics: { enabled: true, windowMs: defaultMetricsWindowMs },
      cors: undefined,
      logging: false,
      requestId: false,
      trustedProxies: [],
      pseudonym: undefined,
      maxUrlLength: defaultMaxUrlLength,
      refuseUnderscores: false,
      connectTimeoutMs: defaultConnectTimeoutMs,
      idleTimeoutMs: defaultIdleTimeoutMs,
      keepAliveMs: defaultKeepAliveMs,
      socketDirectory: undefined,
      upstreamTls: {},
      serviceTls: new Map(),
    })
  })

  it('has the documented defaults', () => {
    expect([defaultConnectTimeoutMs, defaultIdleTimeoutMs, defaultKeepAliveMs, defaultMetricsWindowMs]).toEqual([
      5_000, 300_000, 60_000, 60_000,
    ])
    expect([defaultMirrorPercentage, defaultStrategy, defaultMaxUrlLength]).toEqual([100, 'round-robin', 8_192])
  })

  it('never lets undefined override a default', () => {
    const undefinedOnes = {
      discovery: undefined,
      resilience: { defaultRetry: undefined, defaultTimeout: undefined },
      metrics: { enabled: undefined, windowSize: undefined },
      middleware: { cors: undefined, logging: undefined, requestId: undefined },
      trustedProxies: undefined,
      upstream: { connectTimeout: undefined, idleTimeout: undefined, keepAlive: undefined },
      routes: undefined,
      unheardOf: undefined,
    }
    expect(checkConfig(undefinedOnes)).toEqual(checkConfig({}))
  })

  it('takes durations in milliseconds or as text', () => {
    const { gateway } = checkConfig({
      upstream: { connectTimeout: '2s', idleTimeout: 1_500 },
      metrics: { windowSize: '5m', enabled: false },
    })
    expect(gateway).toMatchObject({ connectTimeoutMs: 2_000, idleTimeoutMs: 1_500, metrics: { enabled: false, windowMs: 300_000 } })
  })

  it('knows true, false and options for CORS', () => {
    expect(checkConfig({ middleware: { cors: true } }).gateway.cors).toEqual({})
    expect(checkConfig({ middleware: { cors: false } }).gateway.cors).toBeUndefined()
    const cors = { origin: ['https://a.example'], credentials: true, maxAge: '1h' }
    expect(checkConfig({ middleware: { cors } }).gateway.cors).toEqual(cors)
  })

  it.each([
    [{ resillience: {} }, 'resillience', 'unknown option; did you mean resilience?'],
    [{ colour: 1 }, 'colour', /^unknown option; known are discovery, resilience, .*routes$/],
    [
      { resilience: { defaultTimeout: '10 parsecs' } },
      'resilience.defaultTimeout',
      /expected milliseconds or a string such as .* got '10 parsecs'/,
    ],
    [{ resilience: { defaultTimeout: 0 } }, 'resilience.defaultTimeout', /got 0$/],
    [{ resilience: { defaultRetry: { maxAttempts: -1 } } }, 'resilience.defaultRetry.maxAttempts', /got -1$/],
    [
      { resilience: { defaultCircuitBreaker: { failureTreshold: 3 } } },
      'resilience.defaultCircuitBreaker.failureTreshold',
      /did you mean failureThreshold/,
    ],
    [
      { resilience: { defaultCircuitBreaker: { slidingWindow: { type: 'count', size: 0 } } } },
      'resilience.defaultCircuitBreaker.slidingWindow.size',
      /got 0/,
    ],
    [{ discovery: { refreshInterval: -5 } }, 'discovery.refreshInterval', /got -5$/],
    [{ discovery: 5 }, 'discovery', 'expected an object, got 5'],
    [{ metrics: { enabled: 'yes' } }, 'metrics.enabled', `expected true or false, got 'yes'`],
    [{ metrics: { windowSize: Number.NaN } }, 'metrics.windowSize', /got NaN$/],
    [{ middleware: { cors: 'yes' } }, 'middleware.cors', `expected true, false or the options of CORS, got 'yes'`],
    [{ middleware: { cors: { origin: 5 } } }, 'middleware.cors.origin', /^expected '\*', an origin such as .* got 5$/],
    [{ middleware: { cors: { origin: [] } } }, 'middleware.cors.origin', /^expected .*list of origins/],
    [
      { middleware: { cors: { origin: ['https://a.example/path'] } } },
      'middleware.cors.origin[0]',
      /without a path, got 'https:\/\/a.example\/path'$/,
    ],
    [{ middleware: { cors: { origin: ['*'] } } }, 'middleware.cors.origin[0]', /got '\*'$/],
    [{ middleware: { cors: { origin: 'https://A.example' } } }, 'middleware.cors.origin', /got 'https:\/\/A.example'$/],
    [{ middleware: { cors: { origin: ['https://a.example:443'] } } }, 'middleware.cors.origin[0]', /^expected an origin such as/],
    [{ middleware: { cors: { origin: ['https://user@a.example'] } } }, 'middleware.cors.origin[0]', /^expected an origin such as/],
    [{ middleware: { cors: { origin: ['https://münchen.example'] } } }, 'middleware.cors.origin[0]', /^expected an origin such as/],
    [{ middleware: { cors: { origin: ['http://a.example:99999'] } } }, 'middleware.cors.origin[0]', /^expected an origin such as/],
    [{ middleware: { cors: { credentials: true } } }, 'middleware.cors.credentials', /browsers refuse credentials for any origin/],
    [{ middleware: { cors: { origin: '*', credentials: true } } }, 'middleware.cors.credentials', /name the allowed ones in origin/],
    [{ middleware: { cors: { allowedHeaders: ['no good'] } } }, 'middleware.cors.allowedHeaders[0]', /expected a header name/],
    [{ trustedProxies: ['10.0.0.0/33'] }, 'trustedProxies[0]', /got '10.0.0.0\/33'$/],
    [{ trustedProxies: '10.0.0.0/8' }, 'trustedProxies', /^expected a list of addresses/],
    [{ routes: {} }, 'routes', 'expected a list of routes, got an object'],
    [{ routes: [5] }, 'routes[0]', 'expected an object, got 5'],
    [null, '', 'expected an object, got null'],
    [undefined, '', /expected an object/],
  ] as const)('tells what is wrong with %j', (config, path, message) => {
    const problems = problemsOf(() => checkConfig(config))
    expect(problems).toHaveLength(1)
    expect(problems[0]?.path).toBe(path)
    expect(problems[0]?.message).toMatch(message)
  })

  it('lists every problem at once, each with its path', () => {
    const config = {
      metrics: { windowSize: -1 },
      routes: [
        { path: '/a', serviceName: 'a' },
        { path: 'b', serviceNam: 'b' },
        {
          path: '/c/**',
          serviceName: 'c',
          canary: {
            stable: { version: '1', weight: 90 },
            canary: { version: '1', weight: 20 },
            promotion: { strategy: 'error-rate', steps: [10, 5, 90] },
          },
        },
      ],
    }
    expect(problemsOf(() => checkConfig(config)).map(({ path }) => path)).toEqual([
      'metrics.windowSize',
      'routes[1].path',
      'routes[1].serviceNam',
      'routes[1].serviceName',
      'routes[2].canary.promotion.steps[1]',
      'routes[2].canary.promotion.steps[2]',
      'routes[2].canary.canary.version',
      'routes[2].canary.canary.weight',
    ])
    expect(() => checkConfig(config)).toThrow(/^The gateway's configuration has 8 problems:\n {2}- metrics\.windowSize: expected/)
  })

  it('gives a frozen copy, so that later changes to the configuration change nothing', () => {
    const config = { routes: [{ path: '/a', serviceName: 'a', trafficPolicy: { retry: { maxAttempts: 1 } } }] }
    const { routes } = checkConfig(config)
    const route = config.routes[0]
    if (route === undefined) throw new Error('a route was given')
    route.trafficPolicy.retry.maxAttempts = 9
    expect(routes[0]?.retry).toEqual({ maxAttempts: 1 })
    expect(Object.isFrozen(routes[0])).toBe(true)
    expect(Object.isFrozen(routes[0]?.definition)).toBe(true)
    expect(Object.isFrozen(route)).toBe(false)
  })

  it('uses the names it is given for routes and options, and tells what was found before', () => {
    const labels = {
      subject: 'ApiGateway',
      options: '@Gateway',
      routes: ['ApiGateway.users'],
      problems: [{ path: 'ApiGateway.orders', message: 'early' }],
    }
    const check = () => checkConfig({ metrics: 5, routes: [{ path: '/a', serviceName: '' }] }, labels)
    expect(check).toThrow(ConfigError)
    expect(problemsOf(check).map(({ path }) => path)).toEqual(['ApiGateway.orders', '@Gateway.metrics', 'ApiGateway.users.serviceName'])
  })
})
