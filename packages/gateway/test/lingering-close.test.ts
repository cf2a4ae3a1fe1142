import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayConfig, GatewayRouteDefinition } from '../src/index.js'
import { lingerBytes, lingerSilenceMs } from '../src/http/lingering-close.js'
import { GatewayServer } from '../src/index.js'
import { authority, localServer } from './certificates.js'
import { afterTest, MemoryRegistryBackend, recordingLogger, register, startUpstream } from './harness.js'
import { closedPort, rawClient } from './raw-http.js'

const size = 8_000_000
const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`

interface Case {
  readonly what: string
  readonly status: number
  readonly route?: Partial<GatewayRouteDefinition>
  readonly config?: GatewayConfig
  readonly request?: string
  readonly serve?: (request: IncomingMessage, response: ServerResponse) => void
}

const refuse = (request: IncomingMessage, response: ServerResponse) => {
  request.once('data', () => response.writeHead(401, { 'Content-Type': 'text/plain' }).end('no'))
}

const early: readonly Case[] = [
  { what: 'no route', status: 404, route: { path: '/else' } },
  { what: 'a body that says it is too large', status: 413, config: { limits: { maxBodyBytes: 10 } } },
  {
    what: 'a body that turns out too large',
    status: 413,
    config: { limits: { maxBodyBytes: 100_000 } },
    request: `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n`,
  },
  { what: 'no instance', status: 503, route: { serviceName: 'nobody' } },
  { what: 'the service, before it has the body', status: 401, serve: refuse },
  { what: 'a header that is too large', status: 431, request: `GET / HTTP/1.1\r\nHost: a\r\nX: ` },
  { what: 'a chunk that is none', status: 400, request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n' },
]

async function start({ route = {}, config = {}, serve = (request) => void request.resume() }: Partial<Case>, tls?: typeof localServer) {
  const upstream = await startUpstream(serve)
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', upstream.port)
  const { logger, lines } = recordingLogger()
  const routes = [{ path: '/**', serviceName: 'service', ...route }]
  const gateway = new GatewayServer({ routes, middleware: { logging: true }, ...config }, backend, { logger })
  afterTest(() => {
    gateway.stop()
  })
  const { port } = await gateway.listen({ port: 0, host: '127.0.0.1', ...(tls && { tls }) })
  return { gateway, port, upstream, lines }
}

/** Sends all of a body before it reads a byte, as many clients do; what it has read at the end. */
async function sendThenRead(socket: Socket, request: string): Promise<string> {
  afterTest(() => socket.destroy())
  let received = ''
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  socket.pause()
  socket.write(request)
  const block = 'x'.repeat(65_536)
  for (let sent = 0; sent < size && !socket.destroyed; sent += block.length) {
    const ready = socket.write(block.slice(0, size - sent))
    if (!ready) await new Promise<void>((resolve) => socket.once('drain', resolve).once('close', resolve))
  }
  const gone = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  await gone
  return received
}

describe('an answer that comes before the body', () => {
  it.each(early)('reaches a client that sends everything first: $what', async ({ status, request = head, ...options }) => {
    const { port, lines, gateway } = await start(options)
    const { socket } = await rawClient(port)
    socket.removeAllListeners('data')
    const received = await sendThenRead(socket, request)
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*Connection: close\r\n`, 'i'))
    await vi.waitFor(() => expect(lines.map(({ fields }) => (fields as { status?: number }).status)).toEqual([status]))
    expect(gateway.getMetrics().getSnapshot().refused.unreadable).toEqual(status === 431 ? { HEADERS_TOO_LARGE: 1 } : {})
  })

  it('does so over TLS', async () => {
    const { port } = await start({ route: { path: '/else' } }, localServer)
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority })
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    expect(await sendThenRead(socket, head)).toMatch(/^HTTP\/1.1 404 /)
  })

  it('ends our side at once, and the connection when the client ends its own', async () => {
    const { port } = await start({ route: { path: '/else' } })
    const client = await rawClient(port)
    client.write(`${head}some`)
    await new Promise((resolve) => client.socket.once('end', resolve))
    expect(client.received).toMatch(/^HTTP\/1.1 404 /)
    client.socket.end()
    expect(await client.closed).toBe('end')
  })

  it('takes nothing behind the body for a request', async () => {
    const { port, upstream } = await start({ route: { path: '/else' } })
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nsome')
    await client.until('404')
    client.write('bodyxxGET /else HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.closed
    expect(client.received.match(/HTTP\/1.1 /g)).toHaveLength(1)
    expect(upstream.requests).toEqual([])
  })

  it('reaches the client where the service broke off', async () => {
    const { port } = await start({ serve: (request) => request.once('data', () => request.socket.destroy()) })
    const { socket } = await rawClient(port)
    socket.removeAllListeners('data')
    expect(await sendThenRead(socket, head)).toMatch(/^HTTP\/1.1 502 /)
  })

  it('does not wait for a client that sends for ever, or is silent', async () => {
    const { port } = await start({ route: { path: '/else' } })
    const clients = [0, 1].map(() => connect({ port, host: '127.0.0.1', allowHalfOpen: true }))
    const received = ['', '']
    const [silent, endless] = clients as [Socket, Socket]
    for (const [index, client] of clients.entries()) {
      afterTest(() => client.destroy())
      client.on('error', () => undefined).on('data', (chunk: Buffer) => (received[index] = `${received[index]}${chunk.toString('latin1')}`))
    }
    const closed = clients.map((client) => new Promise((resolve) => client.once('close', resolve)))
    const ended = clients.map((client) => new Promise((resolve) => client.once('end', resolve)))
    silent.write(`${head}some`)
    endless.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    const block = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const more = () => {
      while (!endless.destroyed && endless.write(block));
    }
    endless.on('drain', more)
    more()
    await Promise.all(ended)
    expect(received.map((text) => text.slice(0, 13))).toEqual(['HTTP/1.1 404 ', 'HTTP/1.1 404 '])
    await closed[1]
    expect(endless.bytesWritten).toBeGreaterThan(lingerBytes)
    const wrote = setInterval(() => silent.write('x'), lingerSilenceMs) // a write is how a client finds out, when nothing is read from it
    await closed[0]
    clearInterval(wrote)
  }, 20_000)
})

it('a port that nobody listens on is 502 for who still sends', async () => {
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', await closedPort())
  const gateway = new GatewayServer({ routes: [{ path: '/**', serviceName: 'service' }] }, backend, { logger: recordingLogger().logger })
  afterTest(() => {
    gateway.stop()
  })
  const { port } = await gateway.listen({ port: 0, host: '127.0.0.1' })
  const { socket } = await rawClient(port)
  socket.removeAllListeners('data')
  expect(await sendThenRead(socket, head)).toMatch(/^HTTP\/1.1 502 /)
})
