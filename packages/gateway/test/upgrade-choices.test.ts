import express from 'express'
import fastify from 'fastify'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { createGatewayHandler, type GatewayServer } from '../src/index.js'
import { afterTest, MemoryRegistryBackend, register, startGateway, startProxy, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { rawClient } from './raw-http.js'
import { openSocket, refusedSocket, startWebSocketUpstream } from './web-sockets.js'

const named = (name: string) => startWebSocketUpstream((socket) => socket.send(name))

describe('which instance gets an upgrade', () => {
  it('is decided by the version that it asks for', async () => {
    const backend = new MemoryRegistryBackend()
    for (const version of ['v1', 'v2']) await register(backend, 'service', (await named(version)).port, { tags: [version] })
    const routes = { v1: { filter: { tags: ['v1'] } }, v2: { filter: { tags: ['v2'] } } }
    const versionRoute = { strategy: 'header', defaultVersion: 'v1', routes } as const
    const { port } = await startGateway({ routes: [{ path: '/**', serviceName: 'service', versionRoute }] }, backend)
    expect(String(await (await openSocket(port)).next())).toBe('v1')
    expect(String(await (await openSocket(port, '/', { headers: { 'X-API-Version': 'v2' } })).next())).toBe('v2')
  })

  it('is decided by the canary’s weight, and the canary is told once, with the 101', async () => {
    const backend = new MemoryRegistryBackend()
    for (const version of ['1', '2']) await register(backend, 'service', (await named(version)).port, { metadata: { version } })
    const canary = {
      stable: { version: '1', weight: 0 },
      canary: { version: '2', weight: 100 },
      promotion: { strategy: 'error-rate' },
    } as const
    const { gateway, port } = await startGateway({ routes: [{ path: '/**', serviceName: 'service', canary }] }, backend)
    const { socket, next, closed } = await openSocket(port)
    expect(String(await next())).toBe('2')
    const calls = () => gateway.getCanaryEngine('/**')?.getMetrics().canary.totalCalls
    await vi.waitFor(() => expect(calls()).toBe(1))
    socket.close()
    await closed
    await gateway.close({ drainTimeout: '5s' })
    expect(calls()).toBe(1)
  })
})

describe('a request that offers what is not passed on', () => {
  const offer = (protocol: string, rest = '\r\n') =>
    `GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: x\r\n${rest}`

  async function setUp(route = {}) {
    const upstream = await startUpstream((request, response) => {
      response.setHeader('X-Upgrade', String(request.headers.upgrade))
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => response.end(Buffer.concat(chunks)))
    })
    const { port } = await startProxy([upstream.port], route)
    return { client: await rawClient(port), upstream }
  }

  it('is served as if it had not, and so is what follows on its connection (h2c)', async () => {
    const { client, upstream } = await setUp()
    const post = `POST /b HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`
    client.write(offer('h2c'))
    await client.until(/x-upgrade: undefined\r\n[\s\S]*\r\n\r\n/i)
    client.write(post)
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(2))
    client.write('6\r\n world\r\n0\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(upstream.requests.map(({ url }) => url)).toEqual(['/a', '/b', '/c']))
    await client.until(/ world[\s\S]*200 OK[\s\S]*\r\n\r\n/)
    expect(client.received.match(/200 OK/g)).toHaveLength(3)
    expect(client.received).not.toContain('HTTP/1.1 101')
  })

  it.each([
    ['another protocol', {}, 'irc/6.9'],
    ['a WebSocket where the route allows none', { upgrades: false }, 'websocket'],
  ])('is served as if it had not (%s)', async (_what, route, protocol) => {
    const { client } = await setUp(route)
    client.write(offer(protocol))
    expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*x-upgrade: undefined/i)
  })

  it('is closed when it stands behind requests without an answer', async () => {
    const upstream = await startUpstream(() => undefined)
    const { port } = await startProxy([upstream.port])
    const client = await rawClient(port)
    client.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\n')
    client.write(offer('websocket'))
    await client.closed
    expect(client.received).toBe('')
  })
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

const hosts: Readonly<Record<string, (gateway: GatewayServer) => Promise<number>>> = {
  'node:http': (gateway) => {
    const handler = createGatewayHandler(gateway)
    return listen(createServer(handler).on('upgrade', handler.upgrade))
  },
  'a listener of one’s own': (gateway) => {
    const handler = createGatewayHandler(gateway)
    return listen(createServer(handler).on('upgrade', (request, socket, head) => handler.upgrade(request, socket, head)))
  },
  Express: (gateway) => {
    const handler = createGatewayHandler(gateway)
    return listen(createServer(express().use(handler)).on('upgrade', handler.upgrade))
  },
  Fastify: async (gateway) => {
    const app = fastify()
    const handler = createGatewayHandler(gateway)
    app.all('/*', (request, reply) => {
      reply.hijack()
      handler(request.raw, reply.raw)
    })
    app.server.on('upgrade', handler.upgrade)
    await app.listen({ port: 0, host: '127.0.0.1' })
    afterTest(() => app.close())
    return (app.server.address() as AddressInfo).port
  },
}

describe.each(Object.keys(hosts))('inside %s', (host) => {
  it('WebSockets open, are refused, and end with the gateway; other offers are requests', async () => {
    const upstream = await startWebSocketUpstream()
    const { gateway } = await startProxy([upstream.port], { path: '/live' })
    const port = await (hosts[host] as (gateway: GatewayServer) => Promise<number>)(gateway)
    const { socket, next, closed } = await openSocket(port, '/live')
    socket.send('hi')
    expect(String(await next())).toBe('hi')
    expect((await refusedSocket(port, '/else')).status).toBe(404)
    const client = await rawClient(port)
    client.write('GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    await client.until(/200 OK[\s\S]*ok/)
    const stopped = gateway.close({ drainTimeout: 30 })
    await closed
    await stopped
  })
})

it('a thousand WebSockets leave nothing behind', { timeout: 30_000 }, async () => {
  const resources = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
  const before = resources()
  const leases = watchedLeases()
  const upstream = await startWebSocketUpstream()
  const { gateway, port } = await startProxy([upstream.port], { serviceConfig: { loadBalancingStrategy: 'watched' } })
  for (let round = 0; round < 10; round++) {
    const open = await Promise.all(Array.from({ length: 100 }, () => openSocket(port)))
    expect(leases.open).toBe(100)
    await Promise.all(
      open.map(async ({ socket, next, closed }, index) => {
        socket.send('x')
        await next()
        if (index % 3 === 0) socket.terminate()
        else if (index % 3 === 1) socket.close()
        else upstream.sockets.at(-1 - index)?.terminate()
        if (index % 3 === 2) socket.close()
        await closed
      }),
    )
    await vi.waitFor(() => expect(leases.open).toBe(0))
  }
  expect(leases.outcomes).toHaveLength(1_000)
  const connections = () =>
    new Promise<number>((resolve, reject) => upstream.server.getConnections((error, count) => (error ? reject(error) : resolve(count))))
  await vi.waitFor(async () => expect(await connections()).toBe(0))
  await gateway.close({ drainTimeout: '1s' })
  upstream.server.close()
  await vi.waitFor(() => expect(resources()).toBeLessThanOrEqual(before))
  expect(gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(1_000)
})
