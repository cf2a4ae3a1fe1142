import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { canaryWithoutEvidence, noEpoch, stableWithoutEvidence } from '../src/canary/assignment/assignment.js'
import { allToStable, type CanarySetUp, startCanary } from './canaries.js'
import { send } from './harness.js'
import { closedPort, rawClient, startRawUpstream } from './raw-http.js'

type OnHead = Parameters<typeof startRawUpstream>[0]
type Act = (port: number) => unknown

const saying =
  (text: string): OnHead =>
  (socket) =>
    socket.write(text)
const whole = (status: number) => saying(`HTTP/1.1 ${status} Status\r\nContent-Length: 2\r\n\r\nok`)
const silent: OnHead = () => undefined
const half = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'

const get: Act = (port) => send(port, '/')
const cut: Act = (port) => send(port, '/').catch(() => undefined)
const ask = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

/** Sends `text` and leaves when `wanted` has come, or when the request has arrived at `arrivals`. */
const leavingAfter =
  (text: string, wanted: string): Act =>
  async (port) => {
    const client = await rawClient(port)
    client.write(text)
    await client.until(wanted)
    client.socket.destroy()
  }

const throwing = () => {
  throw new Error('a fault of the user’s function')
}

interface Row {
  readonly ending: string
  readonly service: OnHead
  readonly counts: 'success' | 'failure' | undefined
  readonly act?: Act
  readonly setUp?: CanarySetUp
}

const policy = (trafficPolicy: NonNullable<NonNullable<CanarySetUp['route']>['trafficPolicy']>): CanarySetUp => ({
  route: { trafficPolicy },
})
const headersOnly = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

const rows: readonly Row[] = [
  { ending: '200', service: whole(200), counts: 'success' },
  { ending: '404', service: whole(404), counts: 'success' },
  { ending: '429 of the service', service: whole(429), counts: 'success' },
  { ending: '500', service: whole(500), counts: 'failure' },
  { ending: '503', service: whole(503), counts: 'failure' },
  { ending: 'a reset before the head', service: (socket) => socket.resetAndDestroy(), counts: 'failure' },
  { ending: 'what is not HTTP', service: saying('220 smtp.example\r\n\r\n'), counts: 'failure' },
  { ending: 'an end in mid-body', service: (socket) => socket.end(half), counts: 'failure', act: cut },
  { ending: 'the attempt’s time', service: silent, counts: 'failure', setUp: policy({ attemptTimeout: 50 }) },
  { ending: 'the total time', service: silent, counts: 'failure', setUp: policy({ timeout: 50 }) },
  { ending: 'the total time in mid-body', service: saying(half), counts: 'failure', act: cut, setUp: policy({ timeout: 100 }) },
  {
    ending: 'a retry that succeeded',
    service: (socket, head, count) => whole(count === 0 ? 503 : 200)(socket, head, count),
    counts: 'success',
    setUp: policy({ retry: { maxAttempts: 1, baseDelay: 1 } }),
  },
  {
    ending: 'retries that are used up',
    service: whole(503),
    counts: 'failure',
    setUp: policy({ retry: { maxAttempts: 1, baseDelay: 1 } }),
  },
  { ending: 'a client that leaves in mid-body', service: saying(half), counts: undefined, act: leavingAfter(headersOnly, 'half') },
  {
    ending: 'a client that leaves in an event stream',
    service: saying('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n'),
    counts: undefined,
    act: leavingAfter(headersOnly, 'data: 1'),
  },
  {
    ending: 'an event stream that ends',
    service: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n'),
    counts: 'success',
  },
  {
    ending: 'an upgrade that is accepted',
    service: saying('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi'),
    counts: 'success',
    act: leavingAfter(ask, 'hi'),
  },
  { ending: 'an upgrade that is refused', service: whole(403), counts: 'success', act: leavingAfter(ask, 'ok') },
  { ending: 'an upgrade that fails', service: whole(503), counts: 'failure', act: leavingAfter(ask, 'ok') },
  {
    ending: 'a function of the request’s body that throws',
    service: whole(200),
    counts: undefined,
    act: (port) => send(port, '/', { method: 'PUT', body: 'x' }),
    setUp: policy({ transform: { request: { body: throwing } } }),
  },
  {
    ending: 'a function of the answer’s body that throws',
    service: whole(200),
    counts: undefined,
    setUp: policy({ transform: { response: { body: throwing } } }),
  },
  {
    ending: 'an answer that says what it is not',
    service: saying('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok'),
    counts: 'failure',
    setUp: policy({ transform: { response: { body: (bytes: Buffer) => bytes } } }),
  },
  {
    ending: 'a body that is too large, and says so',
    service: whole(200),
    counts: undefined,
    act: (port) => send(port, '/', { method: 'PUT', body: '12345' }),
    setUp: policy({ maxBodyBytes: 4 }),
  },
  {
    ending: 'a body that turns out too large',
    service: silent,
    counts: undefined,
    act: (port) => send(port, '/', { method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' }, body: '12345' }),
    setUp: policy({ maxBodyBytes: 4 }),
  },
]

it.each(rows)('$ending: $counts', async ({ service, counts, act = get, setUp = {} }) => {
  const upstream = await startRawUpstream(service)
  const running = await startCanary({ canary: [upstream.port], ...setUp })
  await act(running.port)
  await running.gateway.close({ drainTimeout: '5s' })
  expect(running.records.map(({ assignment: { arm }, outcome }) => [arm, outcome])).toEqual(
    counts === undefined ? [] : [['canary', counts]],
  )
  for (const { assignment } of running.records) expect(assignment.epoch).toBeGreaterThanOrEqual(0)
  expect(running.diverted()).toBe(0)
})

it('a connection that is refused: failure', async () => {
  const running = await startCanary({ canary: [await closedPort()] })
  expect((await send(running.port, '/')).status).toBe(502)
  await running.gateway.close({ drainTimeout: '5s' })
  expect(running.records).toMatchObject([{ assignment: { arm: 'canary' }, outcome: 'failure' }])
})

it('a client that leaves before the head: nothing', async () => {
  let arrived: (socket: Socket) => void = () => undefined
  const arrival = new Promise<Socket>((resolve) => (arrived = resolve))
  const upstream = await startRawUpstream((socket) => arrived(socket))
  const running = await startCanary({ canary: [upstream.port] })
  const client = await rawClient(running.port)
  client.write(headersOnly)
  await arrival
  client.socket.destroy()
  await running.gateway.close({ drainTimeout: '5s' })
  expect(running.records).toEqual([])
})

it('a limit of requests that refuses: nothing', async () => {
  const upstream = await startRawUpstream(whole(200))
  const running = await startCanary({ canary: [upstream.port], route: { rateLimit: { max: 1, window: '1h' } } })
  expect([(await send(running.port, '/')).status, (await send(running.port, '/')).status]).toEqual([200, 429])
  await running.gateway.close({ drainTimeout: '5s' })
  expect(running.records).toHaveLength(1)
})

it('a bulkhead that is full: nothing', async () => {
  let answer: (socket: Socket) => void = () => undefined
  const arrival = new Promise<Socket>((resolve) => (answer = resolve))
  const upstream = await startRawUpstream((socket) => answer(socket))
  const running = await startCanary({ canary: [upstream.port], ...policy({ bulkhead: { maxConcurrent: 1, maxQueue: 0 } }) })
  const first = send(running.port, '/')
  const socket = await arrival
  expect((await send(running.port, '/')).status).toBe(503)
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  expect((await first).status).toBe(200)
  await running.gateway.close({ drainTimeout: '5s' })
  expect(running.records).toMatchObject([{ outcome: 'success' }])
})

it('stable without an instance, and behind an open circuit: nothing', async () => {
  const none = await startCanary({ random: allToStable })
  expect((await send(none.port, '/')).status).toBe(503)
  expect(none.records).toEqual([])
  const upstream = await startRawUpstream(whole(500))
  const open = await startCanary({ stable: [upstream.port], random: allToStable, route: { circuitBreaker: { failureThreshold: 1 } } })
  expect([(await send(open.port, '/')).status, (await send(open.port, '/')).status]).toEqual([500, 503])
  await open.gateway.close({ drainTimeout: '5s' })
  expect(open.records).toMatchObject([{ assignment: { arm: 'stable' }, outcome: 'failure' }])
})

it('the canary without an instance, and behind an open circuit: stable serves, which is no evidence', async () => {
  const stable = await startRawUpstream(whole(200))
  const none = await startCanary({ stable: [stable.port] })
  expect((await send(none.port, '/')).status).toBe(200)
  await none.gateway.close({ drainTimeout: '5s' })
  expect([none.diverted(), none.records]).toMatchObject([1, [{ assignment: stableWithoutEvidence, outcome: 'success' }]])
  const failing = await startRawUpstream(whole(500))
  const open = await startCanary({ stable: [stable.port], canary: [failing.port], route: { circuitBreaker: { failureThreshold: 1 } } })
  expect([(await send(open.port, '/')).status, (await send(open.port, '/')).status]).toEqual([500, 200])
  await open.gateway.close({ drainTimeout: '5s' })
  expect([open.diverted(), open.records.map(({ assignment: { arm, epoch } }) => [arm, epoch === noEpoch])]).toEqual([
    1,
    [
      ['canary', false],
      ['stable', true],
    ],
  ])
})

it.each([
  { fallbackToStable: true, counts: 'failure' },
  { fallbackToStable: false, counts: 'success' },
])('a retry that succeeded on stable, with fallbackToStable $fallbackToStable: $counts', async ({ fallbackToStable, counts }) => {
  const stable = await startRawUpstream((socket, head, count) => whole(count === 0 ? 503 : 200)(socket, head, count))
  const retried = policy({ retry: { maxAttempts: 1, baseDelay: 1 } })
  const running = await startCanary({ stable: [stable.port], random: allToStable, config: { fallbackToStable }, ...retried })
  expect((await send(running.port, '/')).status).toBe(200)
  await running.gateway.close({ drainTimeout: '5s' })
  expect(running.records).toMatchObject([{ assignment: { arm: 'stable' }, outcome: counts }])
})

it('what a tester wished: no evidence', async () => {
  const upstream = await startRawUpstream(whole(500))
  const running = await startCanary({ canary: [upstream.port], config: { override: { header: 'X-Arm' } }, random: allToStable })
  expect((await send(running.port, '/', { headers: { 'X-Arm': 'canary' } })).status).toBe(500)
  await running.gateway.close({ drainTimeout: '5s' })
  expect(running.records).toMatchObject([{ assignment: canaryWithoutEvidence, outcome: 'failure' }])
})
