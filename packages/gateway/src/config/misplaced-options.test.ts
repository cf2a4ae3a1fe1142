import { expect, it } from 'vitest'
import { CanaryEngine, GatewayServer } from '../index.js'
import { problemsOf } from './problems-of.fixture.js'

const promotion = { strategy: 'error-rate' } as const
const canary = { stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 }, promotion }
const unknown = (place: string) => `unknown option; did you mean ${place}?`

function told(config: object): Readonly<Record<string, string>> {
  const problems = problemsOf(() => GatewayServer.fromConfig(config))
  return Object.fromEntries(problems.map(({ path, message }) => [path, message]))
}

const toldOfRoute = (route: object) => told({ routes: [{ path: '/', serviceName: 'service', ...route }] })

it.each([
  [{ mirror: { service: 'other' } }, 'mirror', 'trafficPolicy.mirror'],
  [{ timeout: '5s' }, 'timeout', 'trafficPolicy.timeout'],
  [{ retry: {} }, 'retry', 'trafficPolicy.retry'],
  [{ stripPrefix: '/' }, 'stripPrefix', 'serviceConfig.stripPrefix'],
  [{ canary: { ...canary, steps: [10, 100] } }, 'canary.steps', 'promotion.steps'],
  [{ canary: { ...canary, autoPromote: true } }, 'canary.autoPromote', 'promotion.autoPromote'],
  [
    { canary: { ...canary, promotion: { ...promotion, fallbackToStable: true } } },
    'canary.promotion.fallbackToStable',
    'fallbackToStable beside promotion',
  ],
  [{ trafficPolicy: { canary } }, 'trafficPolicy.canary', 'canary beside trafficPolicy'],
])('where an option stands in the wrong place, the right one is told: %o', (route, path, place) => {
  expect(toldOfRoute(route)).toEqual({ [`routes[0].${path}`]: unknown(place) })
})

it('the same with an engine alone', () => {
  const misplaced = { ...canary, minRequests: 5 }
  expect(problemsOf(() => new CanaryEngine(misplaced))).toEqual([{ path: 'minRequests', message: unknown('promotion.minRequests') }])
})

it('what has another name is told', () => {
  expect(toldOfRoute({ trafficPolicy: { mirror: { serviceName: 'other', percent: 5 } } })).toMatchObject({
    'routes[0].trafficPolicy.mirror.serviceName': unknown('service'),
    'routes[0].trafficPolicy.mirror.percent': unknown('percentage'),
  })
})

it('what is no option of the configuration, but of what the gateway works with', () => {
  expect(told({ canaryStore: {} })).toEqual({ canaryStore: unknown('canaryStore of the third argument') })
})

it.each(['constructor', 'toString'])('names of every object are unknown like others: %s', (name) => {
  const route: unknown = JSON.parse(`{ "path": "/", "serviceName": "service", "${name}": 1 }`)
  expect(Object.values(told({ routes: [route] }))).toEqual([expect.stringMatching(/^unknown option; known are path, /)])
})

it('says what it expected', () => {
  expect(toldOfRoute({ canary: { ...canary, override: 'X-Canary' } })).toEqual({
    'routes[0].canary.override': "expected { header: 'X-Canary' } or { cookie: 'canary' }, got 'X-Canary'",
  })
  expect(toldOfRoute({ canary: { ...canary, promotion: { ...promotion, steps: [] } } })['routes[0].canary.promotion.steps']).toMatch(
    /got an empty array$/,
  )
  const fractions = { stable: { version: '1', weight: 0.9 }, canary: { version: '2', weight: 0.1 } }
  expect(toldOfRoute({ canary: { ...canary, ...fractions } })['routes[0].canary.canary.weight']).toMatch(
    /sum to 1; expected 100, in per cent$/,
  )
  expect(toldOfRoute({ versionRoute: { strategy: 'header', defaultVersion: 'v1', routes: {} } })).toEqual({
    'routes[0].versionRoute.routes': 'expected at least one version',
  })
})
