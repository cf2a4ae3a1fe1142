import { runInThisContext } from 'node:vm'
import type { AnyClass } from '@hazeljs/core'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { checkConfig } from './config/check.js'
import { problemsOf } from './config/problems-of.fixture.js'
import { configOf, routesOf } from './decorated-class.js'
import * as decorators from './decorators.js'

type Run = (exports: Record<string, AnyClass>, require: () => typeof decorators) => void

/** The classes that a source exports, compiled by TypeScript itself under one of the decorator standards. */
function classes(source: string, experimentalDecorators: boolean): Record<string, AnyClass> {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, experimentalDecorators }
  const names = Object.keys(decorators).join(', ')
  const { outputText } = ts.transpileModule(`import { ${names} } from 'decorators'\n${source}`, { compilerOptions })
  const found: Record<string, AnyClass> = {}
  const run = runInThisContext(`(function (exports, require) {${outputText}\n})`) as Run
  run(found, () => decorators)
  return found
}

describe.each([
  ['standard', false],
  ['legacy', true],
] as const)('%s decorators', (_standard, isLegacy) => {
  const only = (source: string): AnyClass => {
    const [first] = Object.values(classes(source, isLegacy)).slice(-1)
    if (first === undefined) throw new Error('the source exports no class')
    return first
  }

  it('become route definitions, in the order of the fields', () => {
    const target = only(`@Gateway({ metrics: { enabled: false } }) export class Api {
      @Route({ path: '/users/**', methods: ['GET'] })
      @ServiceRoute({ serviceName: 'user-service', stripPrefix: '/users' })
      @VersionRoute({ strategy: 'header', defaultVersion: 'v1', routes: { v1: {} } })
      @TrafficPolicy({ timeout: 5 })
      users
      @Route('/orders/**')
      @ServiceRoute('order-service')
      @Canary({ stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 }, promotion: { strategy: 'latency' } })
      @GatewayCircuitBreaker(false)
      @GatewayRateLimit({ max: 5, window: 1000 })
      orders = 1
    }`)
    const { options, routes } = routesOf(target)
    expect(options).toEqual({ metrics: { enabled: false } })
    expect(routes).toEqual([
      {
        field: 'users',
        definition: {
          path: '/users/**',
          methods: ['GET'],
          serviceName: 'user-service',
          serviceConfig: { stripPrefix: '/users' },
          versionRoute: { strategy: 'header', defaultVersion: 'v1', routes: { v1: {} } },
          trafficPolicy: { timeout: 5 },
        },
      },
      {
        field: 'orders',
        definition: {
          path: '/orders/**',
          serviceName: 'order-service',
          canary: { stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 }, promotion: { strategy: 'latency' } },
          circuitBreaker: false,
          rateLimit: { max: 5, window: 1000 },
        },
      },
    ])
  })

  it('are inherited, and never change the parent', () => {
    const { Base, Derived, Plain } = classes(
      `@Gateway({ metrics: { enabled: false } }) export class Base {
        @Route('/users') @ServiceRoute('users') users
        @Route('/orders') @ServiceRoute('orders') orders
      }
      @Gateway({ middleware: { cors: true } }) export class Derived extends Base {
        @Route('/users/v2') @ServiceRoute('users-v2') users
        @Route('/products') @ServiceRoute('products') products
      }
      export class Plain extends Base {}`,
      isLegacy,
    ) as Record<'Base' | 'Derived' | 'Plain', AnyClass>
    const paths = (target: AnyClass) => routesOf(target).routes.map(({ field, definition }) => `${field} ${definition.path}`)
    expect(paths(Derived)).toEqual(['users /users/v2', 'orders /orders', 'products /products'])
    expect(routesOf(Derived).options).toEqual({ middleware: { cors: true } })
    expect(paths(Base)).toEqual(['users /users', 'orders /orders'])
    expect(paths(Plain)).toEqual(paths(Base))
    expect(routesOf(Plain).options).toEqual({ metrics: { enabled: false } })
  })

  it.each([
    ['class Api { @Route("/a") @ServiceRoute("a") a }', '', /has no @Gateway/],
    ['@Gateway() class Api { @ServiceRoute("a") a }', 'Api.a', 'has @ServiceRoute, but no @Route; a route needs @Route and @ServiceRoute'],
    ['@Gateway() class Api { @Canary({}) @Route("/a") a }', 'Api.a', /has @Route and @Canary, but no @ServiceRoute/],
    ['@Gateway() class Api { @Route("/a") a() {} }', 'Api.a', `@Route decorates a field of the gateway's instances, not a method`],
    ['@Gateway() class Api { @Route("/a") static a }', 'Api.a', /not a static field$/],
    ['@Gateway() class Api { @Route("/a") static a() {} }', 'Api.a', /not a static method$/],
    ['@Gateway() @Route("/a") class Api {}', 'Api', /not a class$/],
    ['@Gateway() class Api { @Gateway() a }', 'Api.a', '@Gateway decorates a class, not a field'],
    ['@Gateway() @Gateway() class Api {}', 'Api', '@Gateway is given twice; keep one'],
    ['@Gateway() class Api { @Route("/a") @Route("/b") @ServiceRoute("a") a }', 'Api.a', '@Route is given twice; keep one'],
  ])('tell what is wrong with %s', (source, path, message) => {
    const target = only(source.replace('class', 'export class'))
    const problems = problemsOf(() => routesOf(target))
    expect(problems).toHaveLength(1)
    expect(problems[0]?.path).toBe(path)
    expect(problems[0]?.message).toMatch(message)
  })

  it('name class and field in every problem of their options', () => {
    const target = only(`@Gateway({ metrics: { windowSize: -1 } }) export class ApiGateway {
      @Route('/users/**')
      @ServiceRoute('users')
      @VersionRoute({ strategy: 'header', routes: { v1: { weight: 170 } } })
      userRoutes
      @Route('/users/**')
      @ServiceRoute('users')
      again
      @Canary({})
      alone
    }`)
    const { config, labels } = configOf(target)
    const check = () => checkConfig(config, labels)
    expect(check).toThrow(/^ApiGateway has 5 problems:/)
    expect(problemsOf(check).map(({ path }) => path)).toEqual([
      'ApiGateway.alone',
      '@Gateway.metrics.windowSize',
      'ApiGateway.userRoutes.versionRoute.routes.v1.weight',
      'ApiGateway.userRoutes.versionRoute.routes',
      'ApiGateway.again',
    ])
    expect(problemsOf(check).at(-1)?.message).toBe(
      'claims the same requests as ApiGateway.userRoutes (/users/**); give each its own path or methods',
    )
  })

  it('let @Gateway bring routes of its own', () => {
    const target = only(`@Gateway({ routes: [{ path: '/health', serviceName: 'health' }] }) export class Api {
      @Route('/users') @ServiceRoute('users') users
    }`)
    const { config, labels } = configOf(target)
    expect(checkConfig(config, labels).routes.map(({ path }) => path)).toEqual(['/health', '/users'])
    expect(labels.routes).toEqual(['@Gateway.routes[0]', 'Api.users'])
  })
})

describe('routesOf', () => {
  it('refuses what is no class', () => {
    expect(problemsOf(() => routesOf({} as AnyClass))).toEqual([{ path: '', message: 'expected a class, got an object' }])
  })

  it('names a class without a name', () => {
    expect(() => routesOf(class {})).toThrow('The gateway class: the class has no @Gateway')
  })
})
