import { expect, it, vi } from 'vitest'
import { MemoryRegistryBackend, register, send, startGateway, startUpstream } from './harness.js'
import { mirrorOf, startMirrored, startReader } from './mirrored.js'

async function start(trafficPolicy: object = {}) {
  const backend = new MemoryRegistryBackend()
  const primary = await startUpstream((_request, response) => response.end('primary'))
  await register(backend, 'service', primary.port)
  const route = { path: '/**', serviceName: 'service', trafficPolicy: { mirror: { service: 'shadow' }, ...trafficPolicy } }
  const running = await startGateway({ routes: [route] }, backend)
  const knows = (instances: number) =>
    vi.waitFor(() => expect(running.gateway.getDiscoveryClient().picker('shadow').instances).toHaveLength(instances))
  return { ...running, backend, knows }
}

it('a mirror that leads back to the gateway gets no copy of a copy', async () => {
  const { gateway, port, backend, knows } = await start()
  await register(backend, 'shadow', port)
  await knows(1)
  for (let i = 0; i < 3; i++) expect((await send(port, '/')).text).toBe('primary')
  await vi.waitFor(() => expect(mirrorOf(gateway)).toMatchObject({ sent: 3, failed: 3, inFlight: 0 }))
  expect(gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(6)
})

it('a mirror gets copies as long as it has instances', async () => {
  const { gateway, port, backend, knows } = await start()
  const shadow = await startReader()
  await send(port, '/none')
  const registry = await register(backend, 'shadow', shadow.port)
  await knows(1)
  await send(port, '/one')
  await vi.waitFor(() => expect(shadow.requests).toHaveLength(1))
  await registry.deregister()
  await knows(0)
  expect((await send(port, '/gone')).text).toBe('primary')
  await vi.waitFor(() => expect(mirrorOf(gateway)).toMatchObject({ sent: 1, succeeded: 1, inFlight: 0, dropped: { noInstance: 2 } }))
  expect(shadow.requests.map(({ url }) => url)).toEqual(['/one'])
})

it('a copy is marked though clients may send no mark', async () => {
  const shadow = await startReader()
  const transform = { request: { remove: ['X-Shadow'] } }
  const { port, primary } = await startMirrored(shadow.port, {}, { trafficPolicy: { transform } })
  await send(port, '/', { headers: { 'X-Shadow': 'mine' } })
  await vi.waitFor(() => expect(shadow.requests[0]?.headers).toMatchObject({ 'x-shadow': '1' }))
  expect(primary.requests[0]?.headers).not.toHaveProperty('x-shadow')
})

it('copies under way outlive their route, and end with the gateway: no socket and no timer is left', async () => {
  const count = (kind: string) => process.getActiveResourcesInfo().filter((other) => other === kind).length
  const timersBefore = count('Timeout')
  const shadow = await startUpstream(() => undefined)
  const { gateway, port, mirror } = await startMirrored(shadow.port, { methods: ['GET', 'POST'], diff: true, waitForResponse: true })
  const answers = [send(port, '/'), send(port, '/', { method: 'POST', body: 'x' })]
  await vi.waitFor(() => expect(mirror()).toMatchObject({ sent: 2, inFlight: 2 }))
  gateway.replaceRoutes([{ path: '/other', serviceName: 'service' }])
  expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(['primary', 'primary'])
  expect(count('TCPSocketWrap')).toBeGreaterThan(0)
  await gateway.close({ drainTimeout: 50 })
  await vi.waitFor(() => expect(count('TCPSocketWrap')).toBe(0))
  expect(count('Timeout')).toBeLessThanOrEqual(timersBefore)
})
