import { describe, expect, it } from 'vitest'
import { checkConfig } from './config/check.js'
import { problemsOf } from './config/problems-of.fixture.js'
import { configOf } from './decorated-class.js'
import { Gateway, Route, ServiceRoute } from './decorators.js'

interface Given {
  readonly gateway?: unknown
  readonly route?: unknown
  readonly service?: unknown
}

/** The problems of a class `Api` with the field `users`, decorated without the compiler's help. */
function problems(given: Given): readonly string[] {
  const { gateway = {}, route, service } = { route: '/a', service: 'service', ...given }
  class Api {}
  Gateway(gateway as object)(Api)
  Route(route as string)(Api.prototype, 'users')
  ServiceRoute(service as string)(Api.prototype, 'users')
  const { config, labels } = configOf(Api)
  return problemsOf(() => checkConfig(config, labels)).map(({ path, message }) => `${path} ${message}`)
}

const throwing = Object.defineProperty({}, 'path', {
  enumerable: true,
  get: () => {
    throw new Error('boom')
  },
})

describe('decorators that are given the wrong thing are told of by name', () => {
  it.each([[null], [5], ['x'], [[]], [() => ({})]])('@Gateway(%o)', (gateway) => {
    expect(problems({ gateway })).toEqual([expect.stringMatching(/^@Gateway expected an object, got /)])
  })

  it.each([[5], [{}], ['abc'], [null]])('@Gateway({ routes: %o })', (routes) => {
    expect(problems({ gateway: { routes } })).toEqual([expect.stringMatching(/^@Gateway\.routes expected a list of routes, got /)])
  })

  it.each([[null], [5], [[]], [undefined], [{}]])('@Route(%o)', (route) => {
    expect(problems({ route })).toEqual([expect.stringMatching(/^Api\.users\.path .*expected a non-empty string/)])
  })

  it.each([[null], [5], [[]], [undefined], [{}]])('@ServiceRoute(%o)', (service) => {
    expect(problems({ service })).toEqual([
      expect.stringMatching(/^Api\.users\.serviceName .*(?:expected a non-empty string|name the service)/),
    ])
  })

  it('what throws when it is read', () => {
    expect(problems({ route: throwing })).toContain('Api.users.Route.path cannot be read: boom')
    expect(problems({ gateway: { limits: throwing } })).toContain('@Gateway.limits.path cannot be read: boom')
  })
})
