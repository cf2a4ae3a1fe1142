import type { IncomingMessage } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { MemoryRegistryBackend, register, send, startGateway, startUpstream, type Upstream } from './harness.js'
import { closedPort, rawClient } from './raw-http.js'

async function mirrored(shadow: Upstream | { port: number }, mirror: object = {}, route: object = {}, config: object = {}) {
  const primary = await startUpstream((request, response) => {
    response.writeHead(request.url === '/missing' ? 404 : 200, { 'X-From': 'primary', 'Content-Length': '7' }).end('primary')
  })
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', primary.port)
  await register(backend, 'shadow', shadow.port)
  const proxy = await startGateway(
    { routes: [{ path: '/**', serviceName: 'service', trafficPolicy: { mirror: { service: 'shadow', ...mirror } }, ...route }], ...config },
    backend,
  )
  // The mirror copies once it knows its instances.
  await vi.waitFor(() => expect(proxy.gateway.getDiscoveryClient().picker('shadow').ready).toBe(true))
  return { ...proxy, primary }
}

const silent = () => startUpstream(() => undefined)
const first = async ({ requests }: Upstream): Promise<IncomingMessage> => {
  await vi.waitFor(() => expect(requests).toHaveLength(1))
  return requests[0] as IncomingMessage
}

describe('a copy', () => {
  it('is what the instance gets, without credentials, and says what it is', async () => {
    const shadow = await silent()
    const { port } = await mirrored(shadow, {}, { serviceConfig: { stripPrefix: '/api', preserveHost: true } })
    const headers = {
      Authorization: 'Bearer x',
      Cookie: 'a=1',
      'X-Shadow': 'no',
      'X-Kept': '1',
      'X-Forwarded-For': '6.6.6.6',
      Connection: 'close, X-Gone',
      'X-Gone': '1',
    }
    await send(port, '/api/x?y', { headers })
    const copy = await first(shadow)
    expect(copy.url).toBe('/x?y')
    expect(copy.headers).toMatchObject({ 'x-shadow': '1', 'x-kept': '1', 'x-forwarded-for': '127.0.0.1', host: `127.0.0.1:${shadow.port}` })
    expect(copy.headers.via).toMatch(/hazeljs/)
    for (const gone of ['authorization', 'cookie', 'x-gone']) expect(copy.headers).not.toHaveProperty(gone)
  })

  it('is sent of safe requests only', async () => {
    const shadow = await silent()
    const { port } = await mirrored(shadow)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      await send(port, '/', { method, headers: { 'Content-Length': '1' }, body: 'x' })
    await send(port, '/head', { method: 'HEAD' })
    expect((await first(shadow)).url).toBe('/head')
  })

  it.each([
    { what: 'is dead', shadow: async () => ({ port: await closedPort() }) },
    { what: 'never answers', shadow: silent },
    { what: 'fails', shadow: () => startUpstream((_request, response) => response.writeHead(500).end()) },
    { what: 'breaks off', shadow: () => startUpstream((request) => request.socket.resetAndDestroy()) },
    {
      what: 'answers without end',
      shadow: () =>
        startUpstream((_request, response) => {
          const more = () => {
            while (!response.destroyed && response.write(Buffer.alloc(65_536)));
          }
          response.on('drain', more)
          more()
        }),
    },
  ])('whose service $what touches neither the answer nor the metrics', async ({ shadow }) => {
    const { gateway, port } = await mirrored(await shadow())
    for (let i = 0; i < 3; i++) expect(await send(port, '/')).toMatchObject({ status: 200, text: 'primary' })
    expect(gateway.getMetrics().getSnapshot().aggregated).toMatchObject({ totalCalls: 3, failureCalls: 0 })
  })
})

describe('the metrics of a mirror', () => {
  it('are apart from the route’s, and tell how long both sides took', async () => {
    const shadow = await startUpstream((request, response) => response.writeHead(request.url === '/bad' ? 500 : 404).end())
    const { gateway, port } = await mirrored(shadow, { percentage: 100 })
    for (const path of ['/good', '/bad', '/missing']) await send(port, path)
    await vi.waitFor(() => expect(gateway.getMetrics().getSnapshot().mirrors[0]).toMatchObject({ sent: 3, inFlight: 0 }))
    const { mirrors, routes } = gateway.getMetrics().getSnapshot()
    expect(mirrors).toMatchObject([
      {
        route: '/**',
        service: 'shadow',
        succeeded: 2,
        failed: 1,
        dropped: { inFlight: 0, bytes: 0, brokenOff: 0, noInstance: 0, open: 0 },
        latency: { primary: { totalCalls: 3, failureCalls: 0 }, mirror: { totalCalls: 3, failureCalls: 1 } },
        diff: undefined,
      },
    ])
    expect(routes.map(({ metrics }) => metrics.totalCalls)).toEqual([3])
  })

  it('have no times where metrics are off, and count nothing that was not drawn', async () => {
    const shadow = await silent()
    const { gateway, port } = await mirrored(shadow, { percentage: 0 }, {}, { metrics: { enabled: false } })
    await send(port, '/')
    expect(gateway.getMetrics().getSnapshot().mirrors).toMatchObject([
      { sent: 0, dropped: { inFlight: 0, bytes: 0, brokenOff: 0, noInstance: 0, open: 0 }, latency: undefined },
    ])
  })
})

describe('an answer that waits for the copy', () => {
  it.each(['GET', 'HEAD'])('is given when the copy has settled (%s), with its own status and fields', async (method) => {
    const shadow = await silent()
    const { port, primary } = await mirrored(shadow, { waitForResponse: true })
    const client = await rawClient(port)
    client.write(`${method} /missing HTTP/1.1\r\nHost: a\r\n\r\n`)
    const copy = await first(shadow)
    await first(primary)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(client.received).toBe('')
    copy.socket.destroy()
    const answer = await client.until(method === 'GET' ? /primary$/ : '\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 404 Not Found\r\nX-From: primary\r\n/)
  })

  it('waits for a second at most', async () => {
    const { port } = await mirrored(await silent(), { waitForResponse: true })
    const startedAt = performance.now()
    expect((await send(port, '/')).text).toBe('primary')
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990)
  })

  it('does not outlive a client that leaves', async () => {
    const shadow = await silent()
    const { gateway, port } = await mirrored(shadow, { waitForResponse: true })
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await first(shadow)
    client.socket.destroy()
    await gateway.close({ drainTimeout: '500ms' })
    expect(gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(0)
  })
})
