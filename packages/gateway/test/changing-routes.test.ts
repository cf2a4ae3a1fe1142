import type { ServerResponse } from 'node:http'
import { ServiceStatus } from '@hazeljs/core'
import { describe, expect, it, vi } from 'vitest'
import { MemoryRegistryBackend, register, send, startGateway, startProxy, startUpstream } from './harness.js'
import { rawClient } from './raw-http.js'

const named = (name: string) => startUpstream((_request, response) => response.end(name))

describe('routes that change under traffic', () => {
  it('serve from the next request on, and no longer after they were removed', async () => {
    const upstream = await named('users')
    const { gateway, port } = await startProxy([upstream.port], { path: '/users' })
    expect((await send(port, '/orders')).status).toBe(404)
    gateway.addRoute({ path: '/orders', serviceName: 'service' })
    expect((await send(port, '/orders')).status).toBe(200)
    expect(gateway.removeRoute('/orders')).toBe(true)
    expect(gateway.removeRoute('/orders')).toBe(false)
    expect((await send(port, '/orders')).status).toBe(404)
    expect((await send(port, '/users')).status).toBe(200)
  })

  it('remove one of two with the same path by its methods', async () => {
    const upstream = await named('x')
    const { gateway, port } = await startProxy([upstream.port], { path: '/a', methods: ['GET'] })
    gateway.addRoute({ path: '/a', methods: ['PUT', 'POST'], serviceName: 'service' })
    expect(gateway.removeRoute('/a', ['post', 'put'])).toBe(true)
    expect((await send(port, '/a')).status).toBe(200)
    const refused = await send(port, '/a', { method: 'POST' })
    expect(refused.status).toBe(405)
    expect(refused.headers.allow).toBe('GET, HEAD')
  })

  it('let requests under way go on: streaming, waiting for a place, and still to be retried', async () => {
    const waiting: ServerResponse[] = []
    const upstream = await startUpstream((_request, response) => waiting.push(response))
    const { gateway, port } = await startProxy([upstream.port], {
      trafficPolicy: { bulkhead: { maxConcurrent: 1, maxQueue: 1 }, retry: { maxAttempts: 1, baseDelay: 20, jitter: false } },
    })
    const streaming = await rawClient(port)
    streaming.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    const queued = gateway.handleRequest({ method: 'GET', path: '/2' })
    waiting[0]?.writeHead(200, { 'Content-Length': '4' }).write('ha')
    await streaming.until('ha')
    gateway.removeRoute('/**')
    expect((await send(port, '/3')).status).toBe(404)
    waiting[0]?.end('lf')
    await streaming.until('half')
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    waiting[1]?.writeHead(503).end()
    await vi.waitFor(() => expect(waiting).toHaveLength(3))
    waiting[2]?.end('retried')
    expect((await queued).body).toEqual(Buffer.from('retried'))
  })

  it('never show an in-between state', async () => {
    const upstream = await named('x')
    const { gateway, port } = await startProxy([upstream.port], { path: '/stable' })
    const statuses: number[] = []
    for (let round = 0; round < 30; round++) {
      const asked = send(port, '/stable')
      gateway.addRoute({ path: `/r${round}/**`, serviceName: 'service' })
      if (round > 0) gateway.removeRoute(`/r${round - 1}/**`)
      statuses.push((await asked).status, (await send(port, `/r${round}/x`)).status)
    }
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(gateway.getRoutes()).toHaveLength(2)
  })
})

describe('instances that come and go', () => {
  it('are used, and left, without a restart; a call under way ends well', async () => {
    const waiting: ServerResponse[] = []
    const one = await startUpstream((_request, response) => waiting.push(response))
    const two = await named('two')
    const backend = new MemoryRegistryBackend()
    const registry = await register(backend, 'service', one.port)
    const { gateway, port } = await startGateway({ routes: [{ path: '/**', serviceName: 'service' }] }, backend)
    const changes: unknown[] = []
    gateway.getDiscoveryClient().on('change', ({ added, removed }) => changes.push([added.length, removed.length]))
    const under = send(port, '/')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    const [request] = one.requests
    await registry.deregister()
    await vi.waitFor(async () => expect((await send(port, '/')).status).toBe(503))
    await register(backend, 'service', two.port)
    await vi.waitFor(async () => expect((await send(port, '/')).text).toBe('two'))
    waiting[0]?.end('one')
    expect((await under).text).toBe('one')
    // The connection to who left is not kept.
    await vi.waitFor(() => expect(request?.socket.destroyed).toBe(true))
    expect(changes).toContainEqual([0, 1])
    expect(changes).toContainEqual([1, 0])
  })

  it('are not used while they are down', async () => {
    const one = await named('one')
    const { backend, port } = await startProxy([one.port])
    const [instance] = await backend.getInstances('service')
    expect((await send(port, '/')).status).toBe(200)
    await backend.updateStatus(instance?.id ?? '', ServiceStatus.DOWN)
    await vi.waitFor(async () => expect((await send(port, '/')).status).toBe(503))
    await backend.updateStatus(instance?.id ?? '', ServiceStatus.UP)
    await vi.waitFor(async () => expect((await send(port, '/')).status).toBe(200))
  })

  it('that are gone do not outlive stop()', async () => {
    const upstream = await startUpstream(() => undefined)
    const backend = new MemoryRegistryBackend()
    const registry = await register(backend, 'service', upstream.port)
    const { gateway } = await startGateway({ routes: [{ path: '/**', serviceName: 'service' }] }, backend)
    const call = gateway.handleRequest({ method: 'GET', path: '/' })
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(1))
    await registry.deregister()
    await vi.waitFor(() => expect(gateway.getDiscoveryClient().picker('service').instances).toHaveLength(0))
    gateway.stop()
    expect((await call).status).toBeGreaterThanOrEqual(500)
  })
})
