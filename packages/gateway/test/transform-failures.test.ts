import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError, type GatewayRouteDefinition, type TrafficPolicyConfig, type TransformConfig } from '../src/index.js'
import { type Answer, recordingLogger, send, startProxy, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { rawClient } from './raw-http.js'

const rejections: unknown[] = []
const onRejection = (reason: unknown) => rejections.push(reason)

beforeEach(() => {
  process.on('unhandledRejection', onRejection)
})

afterEach(() => {
  process.off('unhandledRejection', onRejection)
  expect(rejections.splice(0)).toEqual([])
})

/** A route whose leases are watched, to a service that answers `fine`. */
async function start(transform: TransformConfig, more: TrafficPolicyConfig = {}, route: Partial<GatewayRouteDefinition> = {}) {
  const upstream = await startUpstream((_request, response) => response.writeHead(200, { 'X-From': 'service' }).end('fine'))
  const leases = watchedLeases()
  const log = recordingLogger()
  const trafficPolicy = { transform, timeout: '10s', ...more }
  const definition = { serviceConfig: { loadBalancingStrategy: 'watched' }, trafficPolicy, ...route }
  return { ...(await startProxy([upstream.port], definition, {}, { logger: log.logger })), upstream, leases, log }
}

const codeOf = ({ status, text }: Answer) => [status, (JSON.parse(text) as { code: string }).code]
const never = () => new Promise<string>(() => undefined)

/** What functions without types may do. */
const wrongs: Readonly<Record<string, () => never>> = {
  'that throws': () => {
    throw new Error('secret-10.0.0.1')
  },
  'that throws text': () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- what libraries throw is not always an error
    throw 'secret-10.0.0.1'
  },
  'that rejects': () => Promise.reject(new Error('secret-10.0.0.1')) as never,
  'that gives nothing': () => undefined as never,
  'that gives a promise of an object': () => Promise.resolve({}) as never,
  'that gives a number': () => 7 as never,
}
const sides = ['request', 'response'] as const
const cases = sides.flatMap((side) => Object.keys(wrongs).map((what) => ({ side, what })))

describe.each(cases)('a function of the $side $what', ({ side, what }) => {
  it('is answered with 500 and reported; the gateway serves on, and the service is not to blame', async () => {
    const breaker = { circuitBreaker: { failureThreshold: 1 } }
    const { port, leases, log, gateway, upstream } = await start({ [side]: { body: wrongs[what] as () => never } }, breaker)
    for (let i = 0; i < 2; i++) {
      const answer = await send(port, '/', { method: 'POST', body: 'x' })
      expect(codeOf(answer)).toEqual([500, 'INTERNAL'])
      expect(answer.text).not.toContain('secret')
      expect(answer.headers).not.toHaveProperty('x-from')
    }
    expect(log.lines.filter(({ message }) => message === 'a stage failed')).toHaveLength(2)
    const errors = log.lines.map(({ fields }) => JSON.stringify(fields)).join()
    expect(errors).toMatch(what.includes('gives') ? new RegExp(`transform\\.${side}\\.body has to give bytes or text`) : /secret-10/)
    expect((await gateway.handleRequest({ method: 'POST', path: '/', body: 'x' })).status).toBe(500)
    expect(upstream.requests).toHaveLength(side === 'request' ? 0 : 3)
    expect([leases.open, leases.outcomes]).toEqual([0, side === 'request' ? [] : ['success', 'success', 'success']])
  })
})

describe.each(sides)('`when` of the %s', (side) => {
  it.each([
    ['throws', wrongs['that throws']],
    ['gives a promise', () => Promise.reject(new Error('later'))],
  ])('that %s is answered with 500', async (_what, when) => {
    const transform = { [side]: { body: (bytes: Buffer) => bytes, when } } as TransformConfig
    const { port, leases, gateway } = await start(transform, { circuitBreaker: { failureThreshold: 1 } })
    for (let i = 0; i < 2; i++) expect(codeOf(await send(port, '/', { method: 'POST', body: 'x' }))).toEqual([500, 'INTERNAL'])
    expect(leases.open).toBe(0)
    expect(leases.outcomes).not.toContain('failure')
    await gateway.close({ drainTimeout: '5s' })
  })
})

describe.each(sides)('a function of the %s that never settles', (side) => {
  it('ends with the total time, and is told', async () => {
    let signal: AbortSignal | undefined
    const body = (_bytes: Buffer, _view: unknown, call: { signal: AbortSignal }) => ((signal = call.signal), never())
    const { port, leases, log } = await start({ [side]: { body } }, { timeout: 50 })
    expect(codeOf(await send(port, '/', { method: 'POST', body: 'x' }))).toEqual([500, 'INTERNAL'])
    expect(signal?.aborted).toBe(true)
    expect(JSON.stringify(log.lines)).toContain(`transform.${side}.body had not settled`)
    expect(leases.open).toBe(0)
  })

  it('is called off when the client leaves, and nobody is to blame', async () => {
    let signal: AbortSignal | undefined
    const body = (_bytes: Buffer, _view: unknown, call: { signal: AbortSignal }) => ((signal = call.signal), never())
    const { port, leases, log, gateway } = await start({ [side]: { body } })
    const client = await rawClient(port)
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx')
    await vi.waitFor(() => expect(signal).toBeDefined())
    client.socket.destroy()
    await vi.waitFor(() => expect(signal?.aborted).toBe(true))
    await gateway.close({ drainTimeout: '5s' })
    expect(leases.open).toBe(0)
    expect(gateway.getMetrics().getSnapshot().aggregated.failureCalls).toBe(0)
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})

it.each(sides)('a function of the %s that rejects after it was called off is not heard', async (side) => {
  let fail: ((error: Error) => void) | undefined
  const body = () => new Promise<string>((_resolve, reject) => (fail = reject))
  const { port } = await start({ [side]: { body } }, { timeout: 30 })
  expect((await send(port, '/', { method: 'POST', body: 'x' })).status).toBe(500)
  fail?.(new Error('too late'))
  await new Promise((resolve) => setImmediate(resolve))
})

it.each(sides)('a GatewayError of a function of the %s is the answer', async (side) => {
  const { port, log } = await start({
    [side]: {
      body: () => {
        throw new GatewayError('INVALID_REQUEST', { detail: 'No JSON.' })
      },
    },
  })
  const answer = await send(port, '/', { method: 'POST', body: 'x' })
  expect(JSON.parse(answer.text)).toMatchObject({ status: 400, code: 'INVALID_REQUEST', detail: 'No JSON.' })
  expect(log.lines).toEqual([])
})

it('a client that is slow to send is told so, and its body is not waited for any longer', async () => {
  const { port, upstream } = await start({ request: { body: (bytes) => bytes } }, { timeout: 50 })
  const client = await rawClient(port)
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx')
  await client.until('408 Request Timeout')
  expect(upstream.requests).toHaveLength(0)
})
