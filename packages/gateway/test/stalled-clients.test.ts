import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayConfig, GatewayRouteDefinition, ListenOptions } from '../src/index.js'
import { GatewayServer } from '../src/index.js'
import { authority, localServer } from './certificates.js'
import { afterTest, MemoryRegistryBackend, recordingLogger, register, send, startUpstream } from './harness.js'
import { rawClient } from './raw-http.js'

async function listening(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  options: ListenOptions,
  route: Partial<GatewayRouteDefinition> = {},
  config: GatewayConfig = {},
) {
  const upstream = await startUpstream(handler)
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', upstream.port)
  const { logger, lines } = recordingLogger()
  const routes = [{ path: '/**', serviceName: 'service', ...route }]
  const gateway = GatewayServer.fromConfig({ middleware: { logging: true }, routes, ...config }, backend, { logger })
  afterTest(() => {
    gateway.stop()
  })
  const { port } = await gateway.listen({ port: 0, host: '127.0.0.1', ...options })
  const statuses = () => lines.filter(({ message }) => message === 'request').map(({ fields }) => (fields as { status: number }).status)
  return { gateway, upstream, port, lines, statuses }
}

const sink = (request: IncomingMessage, response: ServerResponse) => void request.resume().on('end', () => response.end('ok'))
const echo = (request: IncomingMessage, response: ServerResponse) => void request.pipe(response)
const post = (length: number) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`
const cutUpstream = (request: IncomingMessage | undefined) =>
  vi.waitFor(() => expect(request?.socket.destroyed).toBe(true), { timeout: 10_000 })

describe('a body that does not come', () => {
  it.each([
    { what: 'streamed', route: {}, head: `${post(10)}some` },
    {
      what: 'in chunks under a limit',
      route: { trafficPolicy: { maxBodyBytes: 100 } },
      head: `${post(10).replace(/Content.*10/, 'Transfer-Encoding: chunked')}4\r\nsome\r\n`,
    },
  ])('408, $what, and the call is broken off; nobody has failed', async ({ route, head }) => {
    const { gateway, upstream, port, statuses } = await listening(sink, { stallTimeout: 400 }, route)
    const errors: string[] = []
    gateway.on('route:error', ({ error }) => errors.push(error.message)).on('route:timeout', ({ error }) => errors.push(error.message))
    const client = await rawClient(port)
    client.write(head)
    expect((await send(port, '/')).status).toBe(200)
    await vi.waitFor(() => expect(client.received).toMatch(/^HTTP\/1.1 408 [^]*Connection: close[^]*"code":"CLIENT_TOO_SLOW"/))
    const stalled = upstream.requests.find(({ method }) => method === 'POST')
    await cutUpstream(stalled)
    expect(stalled?.complete).toBe(false)
    expect(statuses()).toEqual([200, 408])
    expect(errors).toEqual([])
  })

  it('408 where it is kept for retries, and no instance hears of it', async () => {
    const { upstream, port } = await listening(sink, { stallTimeout: 400 }, { trafficPolicy: { retry: { maxAttempts: 1 } } })
    const client = await rawClient(port)
    client.write(`${post(10).replace('POST', 'PUT')}some`)
    await client.until(/^HTTP\/1.1 408 /)
    expect(upstream.requests).toEqual([])
  })

  it('is given time as long as something comes', async () => {
    const { port } = await listening(echo, { stallTimeout: 400 })
    const client = await rawClient(port)
    client.write(post(20))
    const dribble = setInterval(() => client.write('x'), 25)
    await client.until(/200 OK[^]*\r\n0\r\n\r\n$/).finally(() => clearInterval(dribble))
  })

  it('408 where less comes than minRate asks for', async () => {
    const { port } = await listening((request) => void request.resume(), { stallTimeout: 400, minRate: 1_000 })
    const client = await rawClient(port)
    client.write(post(1_000_000))
    const dribble = setInterval(() => client.write('x'), 10)
    const fast = await rawClient(port)
    fast.write(post(1_000_000))
    const more = setInterval(() => fast.write('x'.repeat(200)), 10)
    await client.until(/^HTTP\/1.1 408 /).finally(() => clearInterval(dribble))
    clearInterval(more)
    expect(fast.received).toBe('')
  })

  it('breaks the answer off that has begun', async () => {
    const { upstream, port } = await listening((_request, response) => void response.write('begun'), { stallTimeout: 400 })
    const client = await rawClient(port)
    client.write(`${post(10)}some`)
    await client.until('begun')
    expect(await client.closed).toBe('cut')
    await cutUpstream(upstream.requests[0])
  })

  it('is no fault of the client where nobody takes it', async () => {
    let answer: () => void = () => undefined
    const { upstream, port } = await listening((request, response) => (answer = () => request.pipe(response)), { stallTimeout: 100 })
    const client = await rawClient(port)
    const size = 8_000_000
    client.write(`${post(size)}${'x'.repeat(size)}`)
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(1))
    await new Promise((resolve) => setTimeout(resolve, 500)) // five times the limit, of which nothing shows but the clock
    expect(client.received).toBe('')
    answer()
    await client.until('200 OK')
  })
})

describe('an answer that is not taken', () => {
  const flood = (_request: IncomingMessage, response: ServerResponse) => {
    const block = Buffer.alloc(65_536, 'x')
    const more = () => {
      while (response.write(block));
    }
    response.on('drain', more)
    more()
  }

  it.each([
    { what: 'http', tls: undefined },
    { what: 'https', tls: localServer },
  ])('is cut, over $what, and the call with it; others are served', async ({ tls }) => {
    const { upstream, port, lines } = await listening(flood, { stallTimeout: 400, ...(tls && { tls }) })
    const client = tls === undefined ? (await rawClient(port)).socket : connectTls({ port, host: '127.0.0.1', ca: authority })
    afterTest(() => client.destroy())
    client.on('error', () => undefined)
    client.pause()
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(1))
    await cutUpstream(upstream.requests[0])
    await vi.waitFor(() => expect(lines).toHaveLength(1))
    expect(lines[0]?.fields).toMatchObject({ status: 200, error: 'The client was too slow' })
  })

  it('is cut where another protocol was asked for and refused', async () => {
    const { upstream, port } = await listening(flood, { stallTimeout: 400 })
    const client = await rawClient(port)
    client.socket.pause()
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(1))
    await cutUpstream(upstream.requests[0])
  })

  it('of another protocol may wait as long as it likes', async () => {
    const { upstream, port } = await listening(() => undefined, { stallTimeout: 100 })
    const written = vi.fn()
    upstream.server.on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined).write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.write(Buffer.alloc(20_000_000), written)
    })
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await client.until('101 Switching')
    client.socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 500)) // five times the limit, of which nothing shows but the clock
    client.socket.resume()
    await vi.waitFor(() => expect(written.mock.calls).toEqual([[null]]), { timeout: 10_000 })
  }, 15_000)

  it('goes on as long as some of it is taken', async () => {
    const size = 20_000_000
    const { port } = await listening((_request, response) => void response.end(Buffer.alloc(size)), { stallTimeout: 500 })
    const { socket, write } = await rawClient(port)
    let taken = 0
    socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      taken += chunk.length
      socket.pause()
      setTimeout(() => socket.resume(), 4)
    })
    write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(taken).toBeGreaterThan(size), { timeout: 20_000 })
  }, 25_000)
})

describe('clients without a whole header', () => {
  it('are answered 408 and closed, many at once, and others are served', async () => {
    const { gateway, port } = await listening((_request, response) => void response.end('ok'), { headersTimeout: 400 })
    const slow = await Promise.all(Array.from({ length: 100 }, () => rawClient(port)))
    const dribbles = slow.map((client) => {
      client.write('GET / HTTP/1.1\r\nHost: a\r\nX: ')
      return setInterval(() => client.write('x'), 20)
    })
    expect((await send(port, '/')).status).toBe(200)
    await Promise.all(slow.map(({ closed }) => closed))
    for (const dribble of dribbles) clearInterval(dribble)
    for (const { received } of slow) expect(received).toMatch(/^HTTP\/1.1 408 /)
    expect(gateway.getMetrics().getSnapshot().refused.unreadable).toEqual({ CLIENT_TOO_SLOW: 100 })
  })

  it('are so on a connection that was used before', async () => {
    const { port } = await listening((_request, response) => void response.end('ok'), { headersTimeout: 300 })
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/ok$/)
    client.write('GET / HTT')
    await client.until('HTTP/1.1 408 ')
    await client.closed
  })

  it('and those that never finish their handshake are closed', async () => {
    const { port } = await listening((_request, response) => void response.end('ok'), { tls: { ...localServer, handshakeTimeout: 80 } })
    const silent = await rawClient(port)
    const dribbling = await rawClient(port)
    dribbling.write(Buffer.from([0x16, 3, 1]))
    await Promise.all([silent.closed, dribbling.closed])
  })
})
