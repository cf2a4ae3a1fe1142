import { describe, expect, it } from 'vitest'
import { checkRoute, checkVersionRoute } from './check.js'
import { problemsOf } from './problems-of.fixture.js'
import { resolveGateway } from './resolve.js'
import type { VersionRouteConfig } from './version-config.js'

const versions = { strategy: 'header', defaultVersion: 'v1', routes: { v1: {}, v2: {} } } as const
const version = (target: object) => ({ ...versions, routes: { v1: {}, v2: target } })

describe('a versionRoute', () => {
  it.each<VersionRouteConfig>([
    { ...versions, strategy: 'media-type', mediaTypeParam: 'v', onUnknownVersion: 'reject' },
    { ...versions, strategy: 'uri', stripVersion: true, onUnknownVersion: 'default' },
    { ...versions, routes: { v1: { deprecated: '2026-01-31', sunset: new Date('2026-01-31'), link: 'https://example.com/?a=1#b' } } },
    version({ match: { header: { 'X-Beta': true, 'X-Group': { prefix: 'b' } }, cookie: { group: { regex: 'b.*' } } } }),
  ])('may be %j', (config) => {
    expect(checkVersionRoute(config)).toEqual(config)
  })

  it.each([
    [{ ...versions, onUnknownVersion: 'refuse' }, 'onUnknownVersion', /'default', 'reject'/],
    [{ ...versions, mediaTypeParam: 'v' }, 'mediaTypeParam', /is read only with strategy 'media-type'/],
    [{ ...versions, strategy: 'media-type', mediaTypeParam: 'v=' }, 'mediaTypeParam', /a parameter's name/],
    [{ ...versions, stripVersion: true }, 'stripVersion', /is read only with strategy 'uri'/],
    [{ ...versions, strategy: 'uri', header: 'A' }, 'header', /is read only with strategy 'header'/],
    [version({ deprecated: 'soon' }), 'routes.v2.deprecated', /expected a date, such as '2026-01-31'.*got 'soon'/],
    [version({ deprecated: true }), 'routes.v2.deprecated', /expected a date/],
    [version({ sunset: '2026-02-30' }), 'routes.v2.sunset', /expected a date/],
    [version({ sunset: new Date('soon') }), 'routes.v2.sunset', /expected a date/],
    [version({ deprecated: '2026-02-01', sunset: '2026-01-31' }), 'routes.v2.sunset', /is before deprecated/],
    [version({ link: 'https://example.com/' }), 'routes.v2.link', /is read only with deprecated or sunset/],
    [version({ sunset: '2026-01-31', link: '/v1-ends' }), 'routes.v2.link', /an absolute URL/],
    [version({ sunset: '2026-01-31', link: 'https://a/>; rel="x"' }), 'routes.v2.link', /an absolute URL/],
    [version({ match: {} }), 'routes.v2.match', /neither a header nor a cookie/],
    [version({ match: { header: {} } }), 'routes.v2.match', /neither a header nor a cookie/],
    [version({ match: { headers: { a: '1' } } }), 'routes.v2.match.headers', /did you mean header\?/],
    [version({ match: { header: { 'a b': '1' } } }), "routes.v2.match.header['a b']", /the name of a header/],
    [version({ match: { header: { A: '1', a: '2' } } }), 'routes.v2.match.header.a', /is given already/],
    [version({ match: { cookie: { a: false } } }), 'routes.v2.match.cookie.a', /expected the value, true for any/],
    [version({ match: { cookie: { a: { regex: '(' } } } }), 'routes.v2.match.cookie.a.regex', /a regular expression as text/],
    [version({ match: { cookie: { a: { regex: 'a', prefix: 'a' } } } }), 'routes.v2.match.cookie.a', /expected the value, true for any/],
    [version({ match: { cookie: { a: {} } } }), 'routes.v2.match.cookie.a', /expected the value, true for any/],
    [
      { ...versions, routes: { v1: { match: { header: { A: '1', B: '2' } } }, v2: { match: { header: { b: '2', a: '1' } } } } },
      'routes.v2.match',
      /fits the same requests as that of v1/,
    ],
  ])('may not be %j', (config, path, message) => {
    const problems = problemsOf(() => checkVersionRoute(config as VersionRouteConfig))
    expect(problems).toEqual([{ path, message: expect.stringMatching(message) as string }])
  })

  it.each(['a b', 'v1/x', 'é', '"v1"', '..', '%76', 'v1?'])('in paths may not be %j, which is no segment as it is', (name) => {
    const problems = problemsOf(() => checkVersionRoute({ strategy: 'uri', defaultVersion: 'v1', routes: { v1: {}, [name]: {} } }))
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/a segment of the path/)])
  })

  it('tells every problem with its path in the route', () => {
    const versionRoute = { strategy: 'header', routes: { v1: { weight: 40, sunset: 'x' }, v2: { weight: 40 } } }
    const paths = problemsOf(() => checkRoute({ path: '/', serviceName: 'a', versionRoute }, resolveGateway({}))).map(({ path }) => path)
    expect(paths).toEqual(['route.versionRoute.routes.v1.sunset', 'route.versionRoute.routes'])
  })
})
