import { expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { send, startProxy, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { startUnaccepting } from './unaccepting.js'

const upstream = { connectTimeout: '300ms' } as const
const serviceConfig = { loadBalancingStrategy: 'watched' }

async function setUp(ports: readonly number[], route: Partial<GatewayRouteDefinition> = {}) {
  const leases = watchedLeases()
  return { leases, ...(await startProxy(ports, { serviceConfig, ...route }, { upstream })) }
}

it('upstream.connectTimeout: who is not connected by then gets 504, and the instance a failure', async () => {
  const { port, leases } = await setUp([await startUnaccepting()])
  const answer = await send(port, '/')
  expect(answer).toMatchObject({ status: 504, text: expect.stringContaining('UPSTREAM_TIMEOUT') as string })
  expect(leases.open).toBe(0)
  expect(new Set(leases.outcomes)).toEqual(new Set(['failure']))
})

it.each(['GET', 'POST'])('upstream.connectTimeout: a %s then goes to another instance, for the first has not seen it', async (method) => {
  const good = await startUpstream((request, response) => request.pipe(response))
  const { port, leases } = await setUp([await startUnaccepting(), good.port])
  const body = method === 'POST' ? 'whole' : ''
  expect(await send(port, '/', { method, body })).toMatchObject({ status: 200, text: body })
  await vi.waitFor(() => expect(leases.outcomes).toEqual(['failure', 'success']))
})

it('upstream.connectTimeout: a shorter attemptTimeout comes first', async () => {
  const { port } = await setUp([await startUnaccepting()], { trafficPolicy: { attemptTimeout: 30 } })
  expect(await send(port, '/')).toMatchObject({ status: 504, text: expect.stringContaining('no answer within 30 ms') as string })
})
