import { describe, expect, it } from 'vitest'
import { checkConfig } from './check.js'
import { problemsOf } from './problems-of.fixture.js'

const check = (limits: unknown) => () => checkConfig({ limits })
const wrong = (limits: unknown) => problemsOf(check(limits)).map(({ path }) => path)

describe('limits', () => {
  const noCounts = [Number.NaN, Infinity, -1, 0, 1.5, '10', null, true, {}, [10]]
  it.each([
    { name: 'maxUrlLength', values: noCounts },
    { name: 'maxBodyBytes', values: noCounts },
    { name: 'maxConcurrentRequests', values: noCounts },
    { name: 'underscoredHeaders', values: ['keep', '', 1, null, true, {}] },
    { name: 'maxBodySize', values: [1] },
  ])('$name: a bad value is told with its path', ({ name, values }) => {
    for (const value of values) expect({ value, wrong: wrong({ [name]: value }) }).toEqual({ value, wrong: [`limits.${name}`] })
  })

  it('have to be an object', () => {
    for (const value of [null, 1, 'none', true, []]) expect({ value, wrong: wrong(value) }).toEqual({ value, wrong: ['limits'] })
  })

  it('are refused all at once, and take undefined for what was left out', () => {
    const limits = { maxUrlLength: 0, maxBodyBytes: -1, maxConcurrentRequests: Number.NaN, underscoredHeaders: 'no', other: 1 }
    const paths = Object.keys(limits).map((name) => `limits.${name}`)
    expect(wrong(limits).sort()).toEqual(paths.sort())
    expect(check(Object.fromEntries(Object.keys(limits).map((name) => [name, undefined])))).not.toThrow()
  })

  it('of a route: bytes, or false for none', () => {
    const route = (maxBodyBytes: unknown) => () =>
      checkConfig({ routes: [{ path: '/', serviceName: 'a', trafficPolicy: { maxBodyBytes } }] })
    for (const value of [...noCounts.filter((bad) => bad !== true), true, 'false'])
      expect({ value, wrong: problemsOf(route(value)).map(({ path }) => path) }).toEqual({
        value,
        wrong: ['routes[0].trafficPolicy.maxBodyBytes'],
      })
    for (const value of [1, false, undefined]) expect(route(value)).not.toThrow()
  })
})
