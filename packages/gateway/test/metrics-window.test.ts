import { FakeClock } from '@hazeljs/core/testing'
import { expect, it } from 'vitest'
import { send, startProxy, startUpstream } from './harness.js'

it.each([
  ['metrics.windowSize', { windowSize: '10s' }, 10_000],
  ['the default of a minute', {}, 60_000],
] as const)('%s is how long a request is counted', async (_what, metrics, windowMs) => {
  const clock = new FakeClock()
  const upstream = await startUpstream((_request, response) => response.end('ok'))
  const { gateway, port } = await startProxy([upstream.port], {}, { metrics }, { clock })
  const total = () => gateway.getMetrics().getSnapshot().aggregated.totalCalls
  await send(port, '/')
  await clock.advance(windowMs / 2)
  await send(port, '/')
  expect(total()).toBe(2)
  await clock.advance(windowMs / 2 + windowMs / 5)
  expect(total()).toBe(1)
  await clock.advance(windowMs)
  expect(total()).toBe(0)
})

it('metrics.enabled: false counts nothing', async () => {
  const upstream = await startUpstream((_request, response) => response.end('ok'))
  const { gateway, port } = await startProxy([upstream.port], {}, { metrics: { enabled: false } })
  await send(port, '/')
  expect(gateway.getMetrics().getSnapshot()).toMatchObject({ totalRoutes: 1, routes: [], aggregated: { totalCalls: 0 } })
})
