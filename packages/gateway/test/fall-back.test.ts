import { FakeClock } from '@hazeljs/core/testing'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { allToStable, type CanarySetUp, startCanary } from './canaries.js'
import { send, startUpstream, type Upstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { closedPort, rawClient, startRawUpstream } from './raw-http.js'
import { openSocket, startWebSocketUpstream } from './web-sockets.js'

interface Service extends Upstream {
  readonly bodies: Buffer[]
}

/** A real service that reads each request whole before `answer`. */
async function startService(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Service> {
  const bodies: Buffer[] = []
  const upstream = await startUpstream((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      answer(request, response)
    })
  })
  return { ...upstream, bodies }
}

const answering = (status: number, text: string) => startService((_request, response) => response.writeHead(status).end(text))

/** A canary that falls back to a stable that answers 200 `stable`. */
async function start(canary: Upstream | number, setUp: CanarySetUp = {}, stable?: Upstream) {
  const service = stable ?? (await answering(200, 'stable'))
  const running = await startCanary({
    stable: [service.port],
    canary: [typeof canary === 'number' ? canary : canary.port],
    ...setUp,
    config: { fallbackToStable: true, ...setUp.config },
  })
  return { ...running, records: () => running.records.map(({ assignment: { arm, epoch }, outcome }) => [arm, epoch >= 0, outcome]) }
}

/** The canary's failure is evidence, stable's answer is not. */
const canaryToBlame = [
  ['canary', true, 'failure'],
  ['stable', false, 'success'],
]
const retrying = { route: { trafficPolicy: { retry: { maxAttempts: 3, baseDelay: 1 } } } }

describe('what failed on the canary is answered by stable', () => {
  it.each([500, 501, 502, 503, 504, 599])('after %i', async (status) => {
    const canary = await answering(status, 'canary')
    const { port, gateway, records, diverted } = await start(canary, retrying)
    expect(await send(port, '/')).toMatchObject({ status: 200, text: 'stable' })
    await gateway.close({ drainTimeout: '5s' })
    expect(canary.bodies).toHaveLength(1)
    expect(records()).toEqual(canaryToBlame)
    expect(diverted()).toBe(0)
  })

  it('after a reset', async () => {
    const canary = await startRawUpstream((socket) => socket.resetAndDestroy())
    const { port, gateway, records } = await start(canary.port, retrying)
    expect(await send(port, '/')).toMatchObject({ status: 200, text: 'stable' })
    await gateway.close({ drainTimeout: '5s' })
    expect(canary.sockets).toHaveLength(1)
    expect(records()).toEqual(canaryToBlame)
  })

  it.each([
    ['the attempt’s', { trafficPolicy: { attemptTimeout: 50, timeout: '1m' } }],
    ['the circuit’s', { circuitBreaker: { timeout: 50 } }],
  ])('after %s time', async (_whose, route) => {
    const canary = await startRawUpstream(() => undefined)
    const { port, gateway, records } = await start(canary.port, { route })
    expect(await send(port, '/')).toMatchObject({ status: 200, text: 'stable' })
    await gateway.close({ drainTimeout: '5s' })
    expect(canary.sockets).toHaveLength(1)
    expect(records()).toEqual(canaryToBlame)
  })

  it.each(['GET', 'POST'])('after a connection that was refused (%s)', async (method) => {
    const { port, gateway, records } = await start(await closedPort(), retrying)
    expect(await send(port, '/', { method })).toMatchObject({ status: 200, text: 'stable' })
    await gateway.close({ drainTimeout: '5s' })
    expect(records()).toEqual(canaryToBlame)
  })

  it('where the circuit of the canary opens on the way, which is no evidence', async () => {
    const canary = await startRawUpstream(() => undefined)
    const route = { circuitBreaker: { failureThreshold: 1 }, trafficPolicy: { bulkhead: { maxConcurrent: 1, maxQueue: 1 } } }
    const { port, gateway, records, diverted } = await start(canary.port, { route })
    const first = send(port, '/')
    await vi.waitFor(() => expect(canary.received[0]).toContain('\r\n\r\n'))
    const second = send(port, '/')
    const explained = () => gateway.explain({ method: 'GET', path: '/', headers: { Host: 'a' } })
    await vi.waitFor(async () => expect((await explained()).policies?.bulkhead?.queueLength).toBe(1))
    canary.sockets[0]?.write('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n')
    expect([(await first).text, (await second).text]).toEqual(['stable', 'stable'])
    await gateway.close({ drainTimeout: '5s' })
    expect(canary.sockets).toHaveLength(1)
    expect(records()).toEqual([...canaryToBlame, ['stable', false, 'success']])
    expect(diverted()).toBe(1)
  })
})

describe('what is sent again', () => {
  it('is a body up to the replay limit, whole', async () => {
    const canary = await answering(500, 'canary')
    const stable = await answering(200, 'stable')
    const { port } = await start(canary, {}, stable)
    const body = Buffer.alloc(10_240, 'x')
    expect(await send(port, '/', { method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' }, body })).toMatchObject({ text: 'stable' })
    expect([canary.bodies[0]?.equals(body), stable.bodies[0]?.equals(body)]).toEqual([true, true])
  })

  it('is no body that streamed: the client sees what the canary said', async () => {
    const canary = await answering(500, 'canary')
    const stable = await answering(200, 'stable')
    const { port, gateway, records } = await start(canary, retrying, stable)
    expect(await send(port, '/', { method: 'PUT', body: Buffer.alloc(1_048_576) })).toMatchObject({ status: 500, text: 'canary' })
    await gateway.close({ drainTimeout: '5s' })
    expect([canary.bodies.length, stable.bodies.length]).toEqual([1, 0])
    expect(records()).toEqual([['canary', true, 'failure']])
  })

  it('is a body that streams, where the canary was not reached', async () => {
    const stable = await answering(200, 'stable')
    const { port } = await start(await closedPort(), {}, stable)
    const body = Buffer.alloc(1_048_576, 'x')
    expect(await send(port, '/', { method: 'PUT', body })).toMatchObject({ status: 200, text: 'stable' })
    expect(stable.bodies[0]?.equals(body)).toBe(true)
  })

  it.each([
    { headers: {}, status: 500, text: 'canary' },
    { headers: { 'Idempotency-Key': 'k' }, status: 200, text: 'stable' },
  ])('is a POST only with its key: $headers', async ({ headers, status, text }) => {
    const canary = await answering(500, 'canary')
    const { port } = await start(canary, retrying)
    expect(await send(port, '/', { method: 'POST', headers, body: 'x' })).toMatchObject({ status, text })
    expect(canary.bodies).toHaveLength(1)
  })

  it('is nothing of which the client has a part', async () => {
    const canary = await startRawUpstream((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
    })
    const { port, gateway, records } = await start(canary.port)
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until('half')
    canary.sockets[0]?.destroy()
    await client.closed
    await gateway.close({ drainTimeout: '5s' })
    expect(client.received).toMatch(/half$/)
    expect(records()).toEqual([['canary', true, 'failure']])
  })

  it('is no upgrade', async () => {
    const canary = await answering(500, 'canary')
    const stable = await startWebSocketUpstream()
    const { port } = await start(canary, {}, stable)
    await expect(openSocket(port)).rejects.toThrow('500')
  })

  it('is nothing that a tester wished', async () => {
    const canary = await answering(500, 'canary')
    const { port } = await start(canary, { config: { override: { header: 'X-Arm' } }, random: allToStable })
    expect(await send(port, '/', { headers: { 'X-Arm': 'canary' } })).toMatchObject({ status: 500, text: 'canary' })
  })

  it('is nothing without the option', async () => {
    const canary = await answering(500, 'canary')
    const { port } = await start(canary, { config: { fallbackToStable: false } })
    expect(await send(port, '/')).toMatchObject({ status: 500, text: 'canary' })
  })
})

describe('stable', () => {
  it('serves with the route’s retries', async () => {
    const canary = await answering(500, 'canary')
    let calls = 0
    const stable = await startService((_request, response) => response.writeHead(++calls < 3 ? 503 : 200).end('stable'))
    const { port } = await start(canary, retrying, stable)
    expect(await send(port, '/')).toMatchObject({ status: 200, text: 'stable' })
    expect([canary.bodies.length, calls]).toEqual([1, 3])
  })

  it('answers its own 500 for itself', async () => {
    const canary = await answering(500, 'canary')
    const stable = await answering(500, 'stable')
    const { port } = await start(canary, retrying, stable)
    expect(await send(port, '/')).toMatchObject({ status: 500, text: 'stable' })
    expect(stable.bodies).toHaveLength(1)
  })

  it.each([
    { what: 'has no instance', failing: 0 },
    { what: 'has an open circuit', failing: 3 },
  ])('that $what leaves the canary to its retries', async ({ failing }) => {
    const stable = await answering(500, 'stable')
    let calls = 0
    const canary = await startService((_request, response) => response.writeHead(++calls < 2 ? 503 : 200).end('canary'))
    const { port } = await startCanary({
      stable: failing === 0 ? [] : [stable.port],
      canary: [canary.port],
      config: { fallbackToStable: true, override: { header: 'X-Arm' } },
      route: { trafficPolicy: { retry: { maxAttempts: 3, baseDelay: 1 } }, circuitBreaker: { failureThreshold: 3 } },
    })
    for (let i = 0; i < failing; i++) expect((await send(port, '/', { headers: { 'X-Arm': 'stable' } })).text).toBe('stable')
    expect(await send(port, '/')).toMatchObject({ status: 200, text: 'canary' })
    expect(calls).toBe(2)
  })
})

it('the total time covers both', async () => {
  const clock = new FakeClock()
  const canary = await startRawUpstream(() => undefined)
  const stable = await startRawUpstream(() => undefined)
  const running = await startCanary({
    stable: [stable.port],
    canary: [canary.port],
    config: { fallbackToStable: true },
    route: { trafficPolicy: { attemptTimeout: '6s', timeout: '10s' } },
    dependencies: { clock },
  })
  const answer = send(running.port, '/')
  await vi.waitFor(() => expect(canary.received[0]).toContain('\r\n\r\n'))
  await clock.advance(6_000)
  await vi.waitFor(() => expect(stable.received[0]).toContain('\r\n\r\n'))
  await clock.advance(4_000)
  expect((await answer).status).toBe(504)
})

it('the canary’s circuit and its balancer see what failed', async () => {
  const leases = watchedLeases()
  const canary = await answering(500, 'canary')
  const route = { serviceConfig: { loadBalancingStrategy: 'watched' }, circuitBreaker: { failureThreshold: 2, resetTimeout: '1h' } }
  const { port, gateway } = await start(canary, { route })
  const opened: unknown[] = []
  gateway.on('circuit:open', ({ version }) => opened.push(version))
  for (let i = 0; i < 4; i++) expect((await send(port, '/')).text).toBe('stable')
  await gateway.close({ drainTimeout: '5s' })
  expect(opened).toEqual(['2'])
  expect(canary.bodies).toHaveLength(2)
  expect(leases.outcomes.filter((outcome) => outcome === 'failure')).toHaveLength(2)
  expect([leases.outcomes.length, leases.open]).toEqual([6, 0])
})
