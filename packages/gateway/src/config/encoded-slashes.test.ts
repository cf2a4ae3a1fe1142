import { expect, it } from 'vitest'
import { checkConfig, checkRoute } from './check.js'
import { problemsOf } from './problems-of.fixture.js'

const { gateway } = checkConfig({})
const route = { path: '/a/**', serviceName: 'service' }

it.each([
  { how: 'no boolean', given: { ...route, allowEncodedSlashes: 'yes' }, problem: 'expected true or false' },
  {
    how: 'a path of one segment',
    given: { ...route, path: '/a/:id', allowEncodedSlashes: true },
    problem: "needs a path that ends in '/**'",
  },
  {
    how: 'versions in the path',
    given: { ...route, allowEncodedSlashes: true, versionRoute: { strategy: 'uri', defaultVersion: 'v1', routes: { v1: {} } } },
    problem: "contradicts versionRoute.strategy 'uri'",
  },
])('allowEncodedSlashes is refused with $how', ({ given, problem }) => {
  const problems = problemsOf(() => checkRoute(given, gateway))
  expect(problems.map(({ path }) => path)).toEqual(['route.allowEncodedSlashes'])
  expect(problems[0]?.message).toContain(problem)
})

it('allowEncodedSlashes is off by default, and off anywhere', () => {
  expect(checkRoute(route, gateway).allowEncodedSlashes).toBe(false)
  expect(checkRoute({ ...route, path: '/a/:id', allowEncodedSlashes: false }, gateway).allowEncodedSlashes).toBe(false)
  expect(checkRoute({ ...route, allowEncodedSlashes: true }, gateway).allowEncodedSlashes).toBe(true)
})
