import { describe, expect, it } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway, startUpstream } from './harness.js'

const packages: GatewayRouteDefinition = { path: '/packages/**', serviceName: 'service', allowEncodedSlashes: true }

async function start(routes: readonly GatewayRouteDefinition[], config = {}) {
  const upstream = await startUpstream((request, response) => response.end(request.url))
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', upstream.port)
  return { upstream, ...(await startGateway({ routes, ...config }, backend)) }
}

describe('a route that allows encoded slashes', () => {
  it.each([
    ['/packages/@scope%2Fname', '/packages/@scope%2Fname'],
    ['/packages/@scope%2fname?a=%2f', '/packages/@scope%2Fname?a=%2f'],
    ['/packages/a%2F%2Fb%2F/c', '/packages/a%2F%2Fb%2F/c'],
    ['/packages/x/../%61%2Fb', '/packages/a%2Fb'],
    ['/packages/a%252Fb', '/packages/a%252Fb'],
  ])('takes %s and forwards %s', async (path, forwarded) => {
    const { port } = await start([packages])
    expect(await send(port, path)).toMatchObject({ status: 200, text: forwarded })
  })

  it('takes off and puts on prefixes around them', async () => {
    const { port } = await start([{ ...packages, serviceConfig: { stripPrefix: '/packages', addPrefix: '/npm' } }])
    expect((await send(port, '/packages/@scope%2Fname')).text).toBe('/npm/@scope%2Fname')
  })

  it('sends the same path to preflights and to who asks with a wrong method', async () => {
    const { port, upstream } = await start([{ ...packages, methods: ['GET'] }], { middleware: { cors: true } })
    const headers = { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET' }
    expect((await send(port, '/packages/a%2Fb', { method: 'OPTIONS', headers })).status).toBe(204)
    expect(await send(port, '/packages/a%2Fb', { method: 'PUT' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
    expect(upstream.requests).toHaveLength(0)
  })

  it('is explained as it is served', async () => {
    const { gateway } = await start([packages])
    expect(await gateway.explain({ method: 'GET', path: '/packages/a%2Fb' })).toMatchObject({ outcome: 'forward' })
    expect(await gateway.explain({ method: 'GET', path: '/packages%2Fb' })).toMatchObject({ outcome: 'refuse', refusal: { status: 400 } })
  })
})

describe('path bypass by encoded slashes: 400, and nothing is sent', () => {
  const routes: GatewayRouteDefinition[] = [
    { path: '/**', serviceName: 'service', allowEncodedSlashes: true },
    { path: '/admin/**', serviceName: 'service', rateLimit: { max: 1, window: '1h' } },
    { path: '/files/:name', serviceName: 'service' },
    { path: '/reports', methods: ['POST'], serviceName: 'service' },
  ]

  it.each([
    ['a route that does not allow them', '/admin/a%2Fb'],
    ['path confusion: a guarded prefix', '/admin%2Fusers'],
    ['path confusion: a guarded prefix, doubled', '/%2Fadmin/users'],
    ['path confusion: a guarded prefix at the end', '/admin%2F'],
    ['path confusion: one segment read as two', '/files%2Fsecret'],
    ['path confusion: two read as a segment', '/files/a%2Fb'],
    ['path traversal', '/x/..%2Fadmin'],
    ['path traversal, within', '/x/a%2F..%2F..%2Fadmin'],
    ['path traversal, single dot', '/x%2F./admin%2F.'],
    ['path traversal, encoded dots', '/x/%2e%2e%2Fadmin'],
    ['path traversal, path parameters', '/x/..;a=1%2Fadmin'],
    ['path traversal, encoded path parameters', '/x%2F..%3Ba=1/admin'],
    ['encoded backslash', '/x%2Fa%5C..%5Cadmin'],
    ['encoded NUL', '/x%2Fa%00'],
  ])('%s: %s', async (_name, path) => {
    const { port, upstream } = await start(routes)
    const answer = await send(port, path)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'INVALID_REQUEST' })
    expect(upstream.requests).toHaveLength(0)
  })

  it('double encoding stays what it is, and is read as no slash', async () => {
    const { port } = await start(routes)
    expect((await send(port, '/admin%252Fusers')).text).toBe('/admin%252Fusers')
  })

  it('a route of another method is no way around: both readings have to be served by one route', async () => {
    const { port, upstream } = await start([
      { path: '/**', methods: ['GET', 'POST'], serviceName: 'service', allowEncodedSlashes: true },
      { path: '/admin/**', methods: ['POST'], serviceName: 'service' },
    ])
    expect((await send(port, '/admin%2Fusers', { method: 'POST' })).status).toBe(400)
    expect((await send(port, '/admin%2Fusers', { method: 'PUT' })).status).toBe(405)
    expect(upstream.requests).toHaveLength(0)
    expect((await send(port, '/admin%2Fusers')).status).toBe(200)
  })

  it('follows the routes as they are swapped', async () => {
    const { gateway, port } = await start([packages])
    expect((await send(port, '/packages/a%2Fb')).status).toBe(200)
    gateway.addRoute({ path: '/packages/a/**', serviceName: 'service' })
    expect((await send(port, '/packages/a%2Fb')).status).toBe(400)
    gateway.replaceRoutes([{ ...packages, allowEncodedSlashes: false }])
    expect((await send(port, '/packages/a%2Fb')).status).toBe(400)
  })
})
