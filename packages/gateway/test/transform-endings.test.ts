import { gzipSync } from 'node:zlib'
import type { ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import type { MessageTransform, ResponseView, TrafficPolicyConfig } from '../src/index.js'
import { type Answer, send, startProxy, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { rawClient, startRawUpstream } from './raw-http.js'

const shout: MessageTransform<ResponseView> = { body: (bytes) => bytes.toString().toUpperCase() }

async function proxy(port: number, response = shout, more: TrafficPolicyConfig = {}) {
  const leases = watchedLeases()
  const trafficPolicy = { transform: { response }, timeout: '10s', ...more }
  return { ...(await startProxy([port], { serviceConfig: { loadBalancingStrategy: 'watched' }, trafficPolicy })), leases }
}

const codeOf = ({ status, text }: Answer) => [status, (JSON.parse(text) as { code: string }).code]

describe('an answer that is too large', () => {
  const sized = (write: (response: ServerResponse) => unknown) => () => startUpstream((_request, response) => void write(response))

  it.each([
    ['by its length', sized((response) => response.writeHead(200, { 'Content-Length': '1001' }).end('x'.repeat(1_001)))],
    ['by its length, long before its end', sized((response) => response.writeHead(200, { 'Content-Length': '100000' }).write('x'))],
    ['as it comes', sized((response) => (response.write('x'.repeat(600)), response.write('x'.repeat(600))))],
    ['once it is decoded', sized((response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000))))],
    ['by its length, with nothing of it there', sized((response) => response.writeHead(200, { 'Content-Length': '2000' }).flushHeaders())],
  ])('%s is answered with 502, and not held against the instance', async (_how, starting) => {
    const { port, leases } = await proxy(
      (await starting()).port,
      { ...shout, maxBytes: 1_000 },
      { circuitBreaker: { failureThreshold: 1 } },
    )
    for (let i = 0; i < 2; i++) expect(codeOf(await send(port, '/'))).toEqual([502, 'ANSWER_TOO_LARGE'])
    expect(leases.open).toBe(0)
    expect(leases.outcomes).not.toContain('failure')
  })

  it('may have exactly what is taken: 1 MiB by default', async () => {
    const upstream = await startUpstream((request, response) => response.end('x'.repeat(Number(request.url?.slice(1)))))
    const { port } = await proxy(upstream.port)
    expect((await send(port, '/1048576')).text).toHaveLength(1_048_576)
    expect(codeOf(await send(port, '/1048577'))).toEqual([502, 'ANSWER_TOO_LARGE'])
    expect((await send((await proxy(upstream.port, { ...shout, maxBytes: 2_000_000 })).port, '/1048577')).status).toBe(200)
  })

  it('has its connection ended, so that nobody reads the rest', async () => {
    let upstreamClosed = false
    const upstream = await startUpstream((_request, response) => {
      response.on('close', () => (upstreamClosed = true)).write(Buffer.alloc(20))
    })
    await send((await proxy(upstream.port, { ...shout, maxBytes: 10 })).port, '/')
    await vi.waitFor(() => expect(upstreamClosed).toBe(true))
  })
})

describe('an answer that has no end', () => {
  it('in the middle is a 502 with nothing of it before, on a connection that lives on', async () => {
    const upstream = await startRawUpstream((socket, head) => {
      if (head.startsWith('GET /good')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else socket.end('HTTP/1.1 200 OK\r\nX-From: service\r\nContent-Length: 10\r\n\r\nhalf')
    })
    const { port, leases } = await proxy(upstream.port)
    const client = await rawClient(port)
    client.write('GET /bad HTTP/1.1\r\nHost: a\r\n\r\n')
    const received = await client.until('UPSTREAM_')
    expect(received).toMatch(/^HTTP\/1.1 502 /)
    expect(received).not.toContain('X-From')
    expect(leases.outcomes).toEqual(['failure'])
    client.write('GET /good HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/OK$/)
  })

  it('in time is a 504', async () => {
    const upstream = await startUpstream((_request, response) => void response.write('part'))
    const { port, leases } = await proxy(upstream.port, shout, { timeout: 100 })
    expect(codeOf(await send(port, '/'))).toEqual([504, 'UPSTREAM_TIMEOUT'])
    expect(leases.open).toBe(0)
  })

  it('in time is a 504 to a client, too, that has not sent all of its request', async () => {
    const upstream = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nearly'))
    const { port } = await proxy(upstream.port, shout, { timeout: 200 })
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx')
    await client.until('UPSTREAM_TIMEOUT')
  })

  it('ends when the client leaves, and nobody is to blame', async () => {
    let closed = false
    const upstream = await startUpstream((_request, response) => void response.on('close', () => (closed = true)).write('part'))
    const { port, leases, gateway } = await proxy(upstream.port)
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(1))
    client.socket.destroy()
    await vi.waitFor(() => expect(closed).toBe(true))
    await gateway.close({ drainTimeout: '5s' })
    expect([leases.open, leases.outcomes]).toEqual([0, ['ignored']])
  })
})

it('functions of answers see the last of several attempts, and send a failure on as one', async () => {
  const statuses = [503, 502, 503]
  let attempts = 0
  const upstream = await startUpstream((_request, response) => response.writeHead(statuses[attempts++] ?? 500).end(`attempt ${attempts}`))
  const body = vi.fn(shout.body)
  const { port, leases, gateway } = await proxy(upstream.port, { body }, { retry: { maxAttempts: 2, baseDelay: 1 } })
  expect(await send(port, '/')).toMatchObject({ status: 503, text: 'ATTEMPT 3' })
  expect(body).toHaveBeenCalledTimes(1)
  expect(leases.outcomes).toEqual(['failure', 'failure', 'failure'])
  expect(gateway.getMetrics().getSnapshot().aggregated).toMatchObject({ totalCalls: 1, failureCalls: 1 })
})

it("the gateway's own answers are not a service's", async () => {
  const body = vi.fn(shout.body)
  const { port } = await startProxy([], { trafficPolicy: { transform: { response: { body } } } })
  expect(codeOf(await send(port, '/'))).toEqual([503, 'NO_INSTANCE'])
  expect(body).not.toHaveBeenCalled()
})

it('an answer that comes before the request has is the last of its connection', async () => {
  const upstream = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly'))
  const client = await rawClient((await proxy(upstream.port)).port)
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx')
  expect(await client.until('EARLY')).toMatch(/connection: close/i)
})
