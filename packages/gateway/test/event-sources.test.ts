import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { EventSource } from 'undici'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { afterTest, startProxy, startUpstream } from './harness.js'

/** A service of event streams, which the test writes. */
async function started(route: Partial<GatewayRouteDefinition> = {}) {
  const streams: { readonly request: IncomingMessage; readonly response: ServerResponse }[] = []
  const upstream = await startUpstream((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }).write('retry: 20\n\n')
    streams.push({ request, response })
  })
  const proxy = await startProxy([upstream.port], route)
  const opened = (count: number) => vi.waitFor(() => expect(streams).toHaveLength(count), { timeout: 5_000 })
  return { ...proxy, upstream, streams, opened }
}

function listen(url: string) {
  const source = new EventSource(`${url}/events`)
  const data: unknown[] = []
  source.onmessage = (event) => data.push(event.data)
  afterTest(() => source.close())
  const got = (...wanted: string[]) => vi.waitFor(() => expect(data).toEqual(wanted), { timeout: 5_000 })
  return { source, got }
}

describe('an EventSource', () => {
  it('gets each event when it is sent, and no timeout of the route ends its stream', async () => {
    const { url, streams, opened } = await started({ trafficPolicy: { timeout: 150 } })
    const { got, source } = listen(url)
    await opened(1)
    streams[0]?.response.write('data: 1\n\n')
    await got('1')
    await new Promise((resolve) => setTimeout(resolve, 300)) // twice the timeout, of which nothing shows but the clock
    streams[0]?.response.write('data: 2\n\n')
    await got('1', '2')
    expect([streams.length, source.readyState]).toEqual([1, EventSource.OPEN])
  })

  it('comes back where its stream broke off, and says what it had; nothing is sent twice behind its back', async () => {
    const { url, streams, opened } = await started({ trafficPolicy: { retry: { maxAttempts: 3, baseDelay: 1 } } })
    const { got, source } = listen(url)
    let errors = 0
    source.onerror = () => errors++
    await opened(1)
    streams[0]?.response.write('id: 41\ndata: a\n\n')
    await got('a')
    streams[0]?.request.socket.destroy()
    await opened(2)
    expect([errors, streams[1]?.request.headers['last-event-id']]).toEqual([1, '41'])
    streams[1]?.response.end('id: 42\ndata: b\n\n')
    await opened(3)
    expect(streams[2]?.request.headers['last-event-id']).toBe('42')
    await got('a', 'b')
    source.close()
    await vi.waitFor(() => expect(streams[2]?.request.socket.destroyed).toBe(true))
    expect(streams).toHaveLength(3)
  })

  it('keeps its stream when routes are replaced, and the next one takes the new route', async () => {
    const { url, gateway, streams, opened } = await started()
    const { got } = listen(url)
    await opened(1)
    gateway.replaceRoutes([{ path: '/**', serviceName: 'service', serviceConfig: { addPrefix: '/new' } }])
    streams[0]?.response.write('data: kept\n\n')
    await got('kept')
    streams[0]?.response.end()
    await opened(2)
    expect(streams[1]?.request.url).toBe('/new/events')
  })

  it('is cut at the end of a drain, and the service with it', async () => {
    const { url, gateway, streams, opened } = await started()
    const { got, source } = listen(url)
    await opened(1)
    const closed = gateway.close({ drainTimeout: 200 })
    streams[0]?.response.write('data: last\n\n')
    await got('last')
    await closed
    await vi.waitFor(() => expect(source.readyState).not.toBe(EventSource.OPEN))
    await vi.waitFor(() => expect(streams[0]?.request.socket.destroyed).toBe(true))
  })
})

it('curl sees each event when it is sent, and the service sees curl leave', async () => {
  const { url, streams, opened } = await started()
  const curl = spawn('curl', ['--silent', '--no-buffer', '--header', 'Accept: text/event-stream', `${url}/events`])
  afterTest(() => curl.kill())
  let seen = ''
  curl.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()))
  await opened(1)
  for (const event of ['one', 'two', 'three']) {
    streams[0]?.response.write(`data: ${event}\n\n`)
    await vi.waitFor(() => expect(seen).toContain(`data: ${event}\n\n`))
  }
  curl.kill()
  await vi.waitFor(() => expect(streams[0]?.request.socket.destroyed).toBe(true))
})
