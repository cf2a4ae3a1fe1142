import { randomBytes } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { EventSource, fetch, WebSocket } from 'undici'
import { describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { afterTest, startProxy, startUpstream } from './harness.js'
import { startWebSocketUpstream } from './web-sockets.js'

describe('node’s http with an agent that keeps connections', () => {
  function get(port: number, agent: Agent, options: { readonly method?: string; readonly body?: Buffer } = {}) {
    return new Promise<{ reused: boolean; from: number | undefined; text: string }>((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, agent, path: '/', method: options.method ?? 'GET' }, (response) => {
        const chunks: Buffer[] = []
        const { localPort: from } = response.socket
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
        response.on('end', () => resolve({ reused: request.reusedSocket, from, text: Buffer.concat(chunks).toString('latin1') }))
      })
      request.on('error', reject).end(options.body)
    })
  }

  it('sends hundreds of requests over few connections, each answer whole', async () => {
    const upstream = await startUpstream((request, response) => request.pipe(response))
    const { port } = await startProxy([upstream.port])
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    afterTest(() => {
      agent.destroy()
    })
    const bodies = Array.from({ length: 300 }, (_, index) => randomBytes(index * 100))
    const answers = await Promise.all(bodies.map((body) => get(port, agent, { method: 'POST', body })))
    expect(answers.map(({ text }) => text)).toEqual(bodies.map((body) => body.toString('latin1')))
    expect(new Set(answers.map(({ from }) => from)).size).toBe(8)
    expect(new Set(upstream.requests.map(({ socket }) => socket.remotePort)).size).toBeLessThanOrEqual(8)
  })

  it('takes the gateway’s word for how long a connection is kept', async () => {
    const upstream = await startUpstream((_request, response) => response.end('ok'))
    const { port } = await startProxy([upstream.port])
    const agent = new Agent({ keepAlive: true })
    afterTest(() => {
      agent.destroy()
    })
    expect([(await get(port, agent)).reused, (await get(port, agent)).reused]).toEqual([false, true])
  })
})

describe('fetch', () => {
  it('streams both ways at once', async () => {
    const upstream = await startUpstream((request, response) => request.pipe(response))
    const { url } = await startProxy([upstream.port])
    let push: (chunk: string | undefined) => void = () => undefined
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        push = (chunk) => (chunk === undefined ? controller.close() : controller.enqueue(Buffer.from(chunk)))
      },
    })
    const answer = fetch(url, { method: 'POST', body, duplex: 'half' })
    push('first,')
    const reader = (await answer).body?.getReader()
    expect(Buffer.from((await reader?.read())?.value as Uint8Array).toString()).toBe('first,')
    push('second')
    expect(Buffer.from((await reader?.read())?.value as Uint8Array).toString()).toBe('second')
    push(undefined)
    expect(await reader?.read()).toMatchObject({ done: true })
  })

  it('that is aborted ends at the service, and the next is served', async () => {
    const gone: string[] = []
    const upstream = await startUpstream((request, response) => {
      response.on('close', () => gone.push(request.url ?? ''))
      if (request.url === '/slow') response.write('half')
      else response.end('ok')
    })
    const { url } = await startProxy([upstream.port])
    const controller = new AbortController()
    const answer = await fetch(`${url}/slow`, { signal: controller.signal })
    controller.abort()
    await expect(answer.text()).rejects.toThrow()
    await vi.waitFor(() => expect(gone).toEqual(['/slow']))
    expect(await (await fetch(url)).text()).toBe('ok')
  })

  it('follows redirects, reads JSON and sends forms', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.url === '/old') response.writeHead(308, { Location: '/new' }).end()
      else {
        response.setHeader('Content-Type', 'application/json')
        response.end(JSON.stringify({ method: request.method, type: request.headers['content-type'] }))
      }
    })
    const { url } = await startProxy([upstream.port])
    const answer = await fetch(`${url}/old`, { method: 'POST', body: new URLSearchParams({ a: '1' }) })
    expect(await answer.json()).toEqual({ method: 'POST', type: 'application/x-www-form-urlencoded;charset=UTF-8' })
    expect(answer.redirected).toBe(true)
  })
})

it('EventSource gets each event as it comes, and goes on where its stream broke off', async () => {
  const upstream = await startUpstream((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    const last = Number(request.headers['last-event-id'] ?? 0)
    response.write(`retry: 10\nid: ${last + 1}\ndata: after ${last}\n\n`)
    if (last < 2) setImmediate(() => response.end())
  })
  const { url } = await startProxy([upstream.port], { trafficPolicy: { timeout: '200ms' } })
  const source = new EventSource(`${url}/events`)
  afterTest(() => {
    source.close()
  })
  const events: string[] = []
  source.addEventListener('message', ({ data }) => events.push(String(data)))
  await vi.waitFor(() => expect(events).toEqual(['after 0', 'after 1', 'after 2']), { timeout: 5_000 })
})

describe('undici’s WebSocket', () => {
  async function setUp(route: Partial<GatewayRouteDefinition> = {}) {
    const upstream = await startWebSocketUpstream(undefined, { perMessageDeflate: true, handleProtocols: () => 'v2' })
    const { url } = await startProxy([upstream.port], route)
    const socket = new WebSocket(url.replace('http', 'ws'), ['v1', 'v2'])
    const events: string[] = []
    const messages: unknown[] = []
    for (const event of ['open', 'error', 'close'] as const) socket.addEventListener(event, () => events.push(event))
    socket.addEventListener('message', ({ data }) => messages.push(data))
    return { upstream, socket, events, messages }
  }

  it('talks, compressed and in its subprotocol, and closes', async () => {
    const { upstream, socket, events, messages } = await setUp()
    await vi.waitFor(() => expect(events).toEqual(['open']))
    expect([socket.protocol, socket.extensions]).toEqual(['v2', expect.stringContaining('permessage-deflate')])
    const text = 'compressible '.repeat(20_000)
    socket.send(text)
    await vi.waitFor(() => expect(messages).toEqual([text]))
    socket.close(1000, 'done')
    await vi.waitFor(() => expect(events).toEqual(['open', 'close']))
    await vi.waitFor(() => expect(upstream.sockets[0]?.readyState).toBe(3))
  })

  it('is told that it is refused', async () => {
    const { events } = await setUp({ upgrades: false })
    await vi.waitFor(() => expect(events).toContain('error'))
    expect(events).not.toContain('open')
  })
})
