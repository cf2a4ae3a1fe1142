import { expect, it } from 'vitest'
import { checkConfig, checkRoute } from './check.js'
import type { GatewayRouteDefinition } from './definition.js'
import { problemsOf } from './problems-of.fixture.js'

const resolved = (route: Partial<GatewayRouteDefinition>) =>
  checkRoute({ path: '/a', serviceName: 's', ...route }, checkConfig({ upstream: { idleTimeout: '2m' } }).gateway)

it('upgrades are named in any case, and can be switched off', () => {
  expect(resolved({}).upgrades).toEqual(['websocket'])
  expect(resolved({ upgrades: ['WebSocket', 'irc/6.9'] }).upgrades).toEqual(['websocket', 'irc/6.9'])
  expect(resolved({ upgrades: false }).upgrades).toEqual([])
})

it('their idle time is that of upstreams, the route’s own, or none', () => {
  const idleMs = (upgradeIdleTimeout?: string | false) =>
    resolved(upgradeIdleTimeout === undefined ? {} : { trafficPolicy: { upgradeIdleTimeout } }).upgradeIdleMs
  expect([idleMs(), idleMs('1h'), idleMs(false)]).toEqual([120_000, 3_600_000, undefined])
})

it.each([
  { upgrades: ['H2C'], message: 'h2c is never passed on' },
  { upgrades: ['web socket'], message: 'no name of a protocol' },
  { upgrades: [], message: 'a list of protocols' },
  { upgrades: true, message: 'a list of protocols' },
])('upgrades: $upgrades is refused', ({ upgrades, message }) => {
  const problems = problemsOf(() => resolved({ upgrades } as Partial<GatewayRouteDefinition>))
  expect(JSON.stringify(problems)).toContain(message)
})
