import { ServiceRegistry, type ServiceRegistryConfig } from '@hazeljs/discovery'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, ListenOptions } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { type GatewayConfig, type GatewayRouteDefinition, GatewayServer, type ListenOptions as GatewayListenOptions } from '../src/index.js'
import { authority, localServer } from './certificates.js'
import { afterTest, MemoryRegistryBackend, register, recordingLogger, startProxy } from './harness.js'
import { openSocket, refusedSocket, startWebSocketUpstream } from './web-sockets.js'

/** A service that sends every message back, behind what it is called. */
async function startEcho(where: ListenOptions, secure = false, name = '') {
  const handshakes: IncomingMessage[] = []
  const server = secure ? createSecureServer(localServer) : createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, request) => {
    handshakes.push(request)
    socket.on('message', (data: Buffer) => {
      socket.send(`${name}${data.toString()}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(where, resolve))
  afterTest(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
    server.closeAllConnections()
  })
  return { handshakes, address: server.address() as AddressInfo }
}

async function startBetween(
  instance: Partial<ServiceRegistryConfig>,
  upstream: GatewayConfig['upstream'] = {},
  listen: GatewayListenOptions = {},
) {
  const backend = new MemoryRegistryBackend()
  const registry = new ServiceRegistry({ name: 'service', port: 1, ...instance }, backend)
  await registry.register()
  afterTest(() => registry.deregister())
  const gateway = new GatewayServer({ upstream, routes: [{ path: '/**', serviceName: 'service' }] }, backend, {
    logger: recordingLogger().logger,
  })
  afterTest(() => {
    gateway.stop()
  })
  return { gateway, ...(await gateway.listen({ port: 0, host: '127.0.0.1', ...listen })) }
}

/** What comes back for `hello` on a WebSocket of this address. */
function hello(url: string): Promise<string> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { ca: authority })
  afterTest(() => {
    socket.terminate()
  })
  return new Promise((resolve, reject) => {
    socket.on('error', reject).on('unexpected-response', (_request, { statusCode }) => reject(new Error(String(statusCode))))
    socket.on('open', () => {
      socket.send('hello')
    })
    socket.on('message', (data: Buffer) => resolve(data.toString()))
  })
}

const insecure = { protocol: 'http' } as const
const secured = { protocol: 'https' } as const

describe('a WebSocket', () => {
  it.each([
    { what: 'over TLS to the gateway', instance: insecure, tls: localServer },
    { what: 'over TLS to the instance', instance: secured, tls: undefined },
    { what: 'over TLS on both sides', instance: secured, tls: localServer },
  ])('opens $what', async ({ instance, tls }) => {
    const { address, handshakes } = await startEcho({ host: '127.0.0.1', port: 0 }, instance.protocol === 'https')
    const proxy = await startBetween({ ...instance, port: address.port }, { tls: { ca: authority } }, tls && { tls })
    expect(proxy.url).toMatch(tls === undefined ? /^http:/ : /^https:/)
    expect(await hello(proxy.url)).toBe('hello')
    expect(handshakes[0]?.headers['x-forwarded-proto']).toBe(tls === undefined ? 'http' : 'https')
  })

  it('opens not to an instance whose certificate nobody trusts', async () => {
    const { address, handshakes } = await startEcho({ host: '127.0.0.1', port: 0 }, true)
    const { url } = await startBetween({ ...secured, port: address.port })
    await expect(hello(url)).rejects.toThrow('502')
    expect(handshakes).toHaveLength(0)
  })

  it.each([insecure, secured])('opens to an instance on a Unix socket ($protocol)', async (instance) => {
    const directory = await mkdtemp(join(tmpdir(), 'gw-'))
    afterTest(() => rm(directory, { recursive: true }))
    const socketPath = join(directory, 'a.sock')
    await startEcho({ path: socketPath }, instance.protocol === 'https')
    const { url } = await startBetween(
      { ...instance, host: 'localhost', metadata: { socketPath } },
      { socketDirectory: directory, tls: { ca: authority } },
    )
    expect(await hello(url)).toBe('hello')
  })

  it.each([insecure, secured])('opens over IPv6 on both sides ($protocol)', async (instance) => {
    const { address, handshakes } = await startEcho({ host: '::1', port: 0 }, instance.protocol === 'https')
    const { url } = await startBetween({ ...instance, host: '::1', port: address.port }, { tls: { ca: authority } }, { host: '::1' })
    expect(await hello(url)).toBe('hello')
    expect(handshakes[0]?.headers).toMatchObject({ host: `[::1]:${address.port}`, 'x-forwarded-for': '::1' })
  })

  it('over TLS is refused with an answer, and its connection serves the next', async () => {
    const { port } = await startBetween({ port: 1 }, {}, { tls: localServer })
    const socket = connect({ host: '127.0.0.1', port, ca: authority })
    afterTest(() => socket.destroy())
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    for (let count = 1; count <= 3; count++) {
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      await vi.waitFor(() => expect(received.match(/UPSTREAM_UNREACHABLE/g)).toHaveLength(count))
    }
  })
})

describe('an open WebSocket stays', () => {
  async function setUp() {
    const upstream = await startWebSocketUpstream()
    const proxy = await startProxy([upstream.port], { path: '/live' })
    const socket = await openSocket(proxy.port, '/live')
    const works = async () => {
      socket.socket.send('still')
      return String(await socket.next()) === 'still'
    }
    return { ...proxy, upstream, works }
  }
  const route: GatewayRouteDefinition = { path: '/live', serviceName: 'service' }

  it('when its route is removed, changed, or refuses upgrades from now on', async () => {
    const { gateway, port, works } = await setUp()
    gateway.replaceRoutes([{ ...route, upgrades: false }])
    expect(await works()).toBe(true)
    expect((await refusedSocket(port, '/live')).status).toBe(200)
    gateway.replaceRoutes([{ ...route, trafficPolicy: { upgradeIdleTimeout: 1, bulkhead: { maxConcurrent: 1 } } }])
    expect(await works()).toBe(true)
    gateway.replaceRoutes([])
    expect(await works()).toBe(true)
    gateway.replaceRoutes([route])
    gateway.removeRoute('/live')
    expect(await works()).toBe(true)
    expect((await refusedSocket(port, '/live')).status).toBe(404)
  })

  it('when its instance leaves the registry and another takes its place, which gets the next', async () => {
    const { backend, port, works } = await setUp()
    for (const { id } of await backend.getInstances('service')) await backend.deregister(id)
    const other = await startEcho({ host: '127.0.0.1', port: 0 }, false, 'other ')
    await register(backend, 'service', other.address.port)
    await vi.waitFor(async () => {
      const { socket, next } = await openSocket(port, '/live')
      socket.send('hi')
      expect(String(await next())).toBe('other hi')
    })
    expect(await works()).toBe(true)
  })
})
