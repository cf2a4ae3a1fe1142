import { describe, expect, it } from 'vitest'
import { checkRoute } from './check.js'
import { problemsOf } from './problems-of.fixture.js'
import { resolveGateway } from './resolve.js'

const check = (route: object) => checkRoute({ path: '/', serviceName: 'a', ...route }, resolveGateway({}))
const versionRoute = { strategy: 'header', defaultVersion: 'v1', routes: { v1: { filter: { tags: ['v1'] } }, v2: {} } }

function canary(stable: object, candidate: object) {
  return { stable: { weight: 90, ...stable }, canary: { weight: 10, ...candidate }, promotion: { strategy: 'error-rate' } }
}

describe('a canary on a route with versions', () => {
  it('has versions of the route for arms, or arms with filters', () => {
    expect(() => check({ versionRoute, canary: canary({ version: 'v1' }, { version: 'v2' }) })).not.toThrow()
    const filter = { tags: ['next'] }
    expect(() => check({ versionRoute, canary: canary({ version: 'v1' }, { version: 'v3', filter }) })).not.toThrow()
    expect(() => check({ canary: canary({ version: 'v1' }, { version: 'v3' }) })).not.toThrow()
  })

  it('may not have an arm that is none', () => {
    const problems = problemsOf(() => check({ versionRoute, canary: canary({ version: '1.0.0' }, { version: 'v22' }) }))
    expect(problems).toEqual([
      {
        path: 'route.canary.stable.version',
        message: "'1.0.0', of an arm without a filter, is none of the versions in versionRoute.routes; known are v1, v2",
      },
      {
        path: 'route.canary.canary.version',
        message: "'v22', of an arm without a filter, is none of the versions in versionRoute.routes; did you mean v2?",
      },
    ])
  })
})

describe('filters', () => {
  const serviceConfig = { filter: { zone: 'a', status: 'UP', tags: ['x'], metadata: { tier: { gold: true }, version: '1' } } }
  const version = (filter: object) => ({ strategy: 'header', routes: { v1: { weight: 100, filter } } })

  it('may want more of an instance than the route’s', () => {
    const filter = { zone: 'a', tags: ['y'], metadata: { tier: { gold: true }, colour: 'red' } }
    expect(() => check({ serviceConfig, versionRoute: version(filter) })).not.toThrow()
    expect(() => check({ versionRoute: version({ zone: 'b' }) })).not.toThrow()
  })

  it.each([
    [{ zone: 'b' }, 'zone', "wants zone 'b', and serviceConfig.filter.zone wants 'a': no instance has both"],
    [{ status: 'DOWN' }, 'status', "wants status 'DOWN', and serviceConfig.filter.status wants 'UP': no instance has both"],
    [{ metadata: { version: '2' } }, 'metadata.version', /wants metadata.version '2', and .* wants '1'/],
    [{ metadata: { tier: { gold: false } } }, 'metadata.tier', /no instance has both/],
  ])('may not want something else: %j', (filter, path, message) => {
    const text = typeof message === 'string' ? message : (expect.stringMatching(message) as string)
    expect(problemsOf(() => check({ serviceConfig, versionRoute: version(filter) }))).toEqual([
      { path: `route.versionRoute.routes.v1.filter.${path}`, message: text },
    ])
    expect(problemsOf(() => check({ serviceConfig, canary: canary({ version: '1' }, { version: '2', filter }) }))).toEqual([
      { path: `route.canary.canary.filter.${path}`, message: text },
    ])
  })

  it('of arms are those that they get without one', () => {
    const paths = (route: object) => problemsOf(() => check({ serviceConfig, ...route })).map(({ path }) => path)
    expect(paths({ canary: canary({ version: '1' }, { version: '2' }) })).toEqual(['route.canary.canary.version'])
    const both = { strategy: 'header', defaultVersion: 'v1', routes: { v1: { filter: { tags: ['v1'] } }, v2: {} } }
    expect(paths({ versionRoute: both, canary: canary({ version: 'v1' }, { version: 'v2' }) })).toEqual(['route.canary.canary.version'])
  })
})
