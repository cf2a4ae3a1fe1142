import { connect as connectTls } from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import { GatewayServer, type ShedRequestEvent, type UnreadableRequestEvent } from '../src/index.js'
import { refusalLinesPerSecond } from '../src/http/refused-requests.js'
import { afterTest, MemoryRegistryBackend, recordingLogger, register, send, startGateway, startUpstream } from './harness.js'
import { rawClient } from './raw-http.js'

async function start(logging: boolean, options = {}) {
  const upstream = await startUpstream((_request, response) => response.end('ok'))
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', upstream.port)
  const { logger, lines } = recordingLogger()
  const gateway = new GatewayServer({ routes: [{ path: '/**', serviceName: 'service' }], middleware: { logging } }, backend, { logger })
  afterTest(() => {
    gateway.stop()
  })
  const events: UnreadableRequestEvent[] = []
  gateway.on('request:unreadable', (event) => events.push(event))
  const { port } = await gateway.listen({ port: 0, host: '127.0.0.1', ...options })
  return { gateway, port, lines, events, upstream, refused: () => gateway.getMetrics().getSnapshot().refused }
}

/** What a client gets for bytes, on a connection of its own. */
async function answerTo(port: number, request: string): Promise<string> {
  const client = await rawClient(port)
  client.write(request)
  await client.closed
  return client.received
}

describe('requests that cannot be read', () => {
  it.each([
    { code: 'INVALID_REQUEST', status: 400, request: 'NONSENSE\r\n\r\n' },
    { code: 'URL_TOO_LONG', status: 414, request: `GET /${'x'.repeat(20_000)}` },
    { code: 'HEADERS_TOO_LARGE', status: 431, request: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}` },
    { code: 'NOT_IMPLEMENTED', status: 501, request: 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n' },
    { code: 'CLIENT_TOO_SLOW', status: 408, request: 'GET / HTTP/1.1\r\n', options: { headersTimeout: 200 } },
  ])('are counted, logged and told of: $code', async ({ code, status, request, options }) => {
    const { port, lines, events, refused } = await start(true, options)
    expect(await answerTo(port, request)).toContain(`"code":"${code}"`)
    expect(events).toEqual([{ code, status, clientIp: '127.0.0.1' }])
    expect(refused()).toEqual({ unreadable: { [code]: 1 }, connections: 0, shed: 0 })
    expect(lines).toMatchObject([{ level: 'info', fields: { status, clientIp: '127.0.0.1' }, message: 'request' }])
  })

  it('count once, where the body is what cannot be read: on their path', async () => {
    const { port, lines, events, refused, upstream } = await start(true)
    const answer = await answerTo(port, 'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbodyzz\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*Connection: close[^]*"code":"INVALID_REQUEST"/)
    await vi.waitFor(() => expect(lines).toMatchObject([{ fields: { path: '/p', status: 400, route: '/**' } }]))
    expect([events, refused().unreadable]).toEqual([[], {}])
    expect(upstream.requests.every(({ complete }) => !complete)).toBe(true)
  })

  it('fill no disks: so many lines a second, and the next one says how many there were', async () => {
    const { port, lines, refused } = await start(true)
    const count = 3 * refusalLinesPerSecond
    for (let sent = 0; sent < count; sent++) await answerTo(port, 'NONSENSE\r\n\r\n')
    expect(refused().unreadable).toEqual({ INVALID_REQUEST: count })
    const before = lines.length
    expect(before).toBeLessThan(count)
    await vi.waitFor(
      async () => {
        await answerTo(port, 'NONSENSE\r\n\r\n')
        expect(lines.slice(before).some(({ fields }) => 'unsaid' in fields)).toBe(true)
      },
      { timeout: 4_000, interval: 100 },
    )
  })

  it('are told that they are TLS, where they are', async () => {
    const { port, lines } = await start(true, { host: '::' })
    const client = connectTls({ port, host: '127.0.0.1' })
    await new Promise((resolve) => client.once('error', resolve))
    await vi.waitFor(() => expect(lines).toHaveLength(1))
    expect(lines[0]?.fields).toMatchObject({ clientIp: '127.0.0.1', error: expect.stringContaining('The request is TLS') as string })
  })

  it('are not logged where requests are not', async () => {
    const { port, lines, refused } = await start(false)
    await answerTo(port, 'NONSENSE\r\n\r\n')
    expect(lines).toEqual([])
    expect(refused().unreadable).toEqual({ INVALID_REQUEST: 1 })
  })
})

it('connections beyond maxConnections are closed and counted; those before are served', async () => {
  const { port, refused } = await start(false, { maxConnections: 2 })
  const first = await rawClient(port)
  const second = await rawClient(port)
  const third = await rawClient(port)
  await third.closed
  expect(third.received).toBe('')
  first.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await first.until(/ok$/)
  expect(refused()).toEqual({ unreadable: {}, connections: 1, shed: 0 })
  second.socket.destroy()
  await vi.waitFor(async () => expect((await send(port, '/')).text).toBe('ok'))
})

it('requests beyond maxConcurrentRequests are counted and told of; they belong to no route', async () => {
  const upstream = await startUpstream((_request, response) => {
    response.flushHeaders()
  })
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', upstream.port)
  const config = { limits: { maxConcurrentRequests: 1 }, routes: [{ path: '/**', serviceName: 'service' }] }
  const { gateway, port } = await startGateway(config, backend)
  const told: ShedRequestEvent[] = []
  gateway.on('request:shed', (event) => told.push(event))
  const first = await rawClient(port)
  first.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await first.until(/200 OK/)
  expect((await send(port, '/')).status).toBe(503)
  expect((await gateway.explain({ method: 'GET', path: '/' })).refusal?.code).toBe('GATEWAY_OVERLOADED')
  const { refused, aggregated } = gateway.getMetrics().getSnapshot()
  expect(refused).toEqual({ unreadable: {}, connections: 0, shed: 1 })
  expect(aggregated.totalCalls).toBe(0)
  expect(told).toEqual([{ clientIp: '127.0.0.1', retryAfterMs: 1_000 }])
})
