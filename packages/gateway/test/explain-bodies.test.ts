import { describe, expect, it, vi } from 'vitest'
import type { ServerResponse } from 'node:http'
import type { TrafficPolicyConfig } from '../src/index.js'
import { send, startProxy, startUpstream } from './harness.js'

const answering = () => startUpstream((request, response) => request.resume().on('end', () => response.end('ok')))

async function proxied(trafficPolicy: TrafficPolicyConfig) {
  const upstream = await answering()
  return { upstream, ...(await startProxy([upstream.port], { trafficPolicy })) }
}

describe('explain() says of a body', () => {
  it.each([9, 10, 11])('what becomes of one of %i bytes where 10 are taken', async (size) => {
    const { gateway, port } = await proxied({ maxBodyBytes: 10 })
    const headers = { Host: 'a', 'Content-Length': String(size) }
    const told = await gateway.explain({ method: 'POST', path: '/', headers })
    const answer = await send(port, '/', { method: 'POST', headers, body: 'x'.repeat(size) })
    expect(told.refusal?.status ?? 200).toBe(answer.status)
    expect(told.refusal?.code).toBe(size > 10 ? 'BODY_TOO_LARGE' : undefined)
    expect(told.body).toEqual({ bytes: size, maxBytes: 10, kept: 'no' })
    expect(told.toString()).toContain(`body: ${size} bytes of at most 10, streams, and is sent once`)
    expect(told.policies?.maxBodyBytes).toBe(10)
  })

  it('that framing which is refused is refused', async () => {
    const { gateway, port } = await proxied({})
    const headers = { Host: 'a', 'Content-Length': '5', 'Transfer-Encoding': 'chunked' }
    expect((await gateway.explain({ method: 'POST', path: '/', headers })).refusal?.status).toBe(400)
    expect((await send(port, '/', { method: 'POST', headers, body: 'x' }).catch(() => ({ status: 400 }))).status).toBe(400)
  })

  it.each([
    { method: 'PUT', headers: { 'Content-Length': '5' }, kept: 'whole' },
    { method: 'PUT', headers: { 'Content-Length': '65537' }, kept: 'no' },
    { method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' }, kept: 'if-short' },
    { method: 'POST', headers: { 'Content-Length': '5' }, kept: 'no' },
    { method: 'POST', headers: { 'Content-Length': '5', 'Idempotency-Key': 'k' }, kept: 'whole' },
  ])('whether it is kept for another attempt: $method $headers', async ({ method, headers, kept }) => {
    const { gateway } = await proxied({ retry: { maxAttempts: 1 } })
    expect((await gateway.explain({ method, path: '/', headers: { Host: 'a', ...headers } })).body?.kept).toBe(kept)
  })

  it('nothing where there is none', async () => {
    const { gateway } = await proxied({})
    expect((await gateway.explain({ method: 'GET', path: '/', headers: { Host: 'a' } })).body).toBeUndefined()
  })
})

describe('explain() says of an upgrade', () => {
  const asks = { Host: 'a', Connection: 'keep-alive, Upgrade', Upgrade: 'websocket' }

  it.each([
    { what: 'that it is passed on', headers: asks, upgrade: { offered: ['websocket'], passes: 'websocket' } },
    { what: 'that a protocol is not', headers: { ...asks, Upgrade: 'tls/1.0' }, upgrade: { offered: ['tls/1.0'], passes: undefined } },
    { what: 'nothing where `Connection` does not name it', headers: { ...asks, Connection: 'close' }, upgrade: undefined },
    { what: 'nothing of h2c', headers: { ...asks, Upgrade: 'h2c' }, upgrade: undefined },
    { what: 'nothing with a body', headers: { ...asks, 'Content-Length': '3' }, upgrade: undefined },
  ])('$what', async ({ headers, upgrade }) => {
    const { gateway } = await proxied({})
    const told = await gateway.explain({ method: 'GET', path: '/', headers })
    expect([told.outcome, told.upgrade]).toEqual(['forward', upgrade])
    if (upgrade !== undefined) expect(told.toString()).toContain(`upgrade: ${upgrade.offered.join()} offered`)
  })
})

describe('explain() says of limits', () => {
  it('how much of the retry budget is left', async () => {
    let failing = true
    const upstream = await startUpstream((_request, response) => response.writeHead(failing ? 503 : 200).end())
    const { gateway, port } = await startProxy([upstream.port], { trafficPolicy: { retry: { maxAttempts: 1, baseDelay: 1 } } })
    const budget = async () => (await gateway.explain({ method: 'GET', path: '/' })).policies?.retry.budget ?? 0
    expect(await budget()).toBe(100)
    await send(port, '/')
    failing = false
    expect(await budget()).toBeLessThan(100)
    expect((await gateway.explain({ method: 'GET', path: '/' })).toString()).toMatch(/the budget allows 99 retries now/)
  })

  it.each([
    { limit: 'adaptive', trafficPolicy: { adaptiveConcurrency: { initialLimit: 1, maxLimit: 1 } }, limits: {}, code: 'BULKHEAD_FULL' },
    { limit: 'bulkhead', trafficPolicy: { bulkhead: { maxConcurrent: 1 } }, limits: {}, code: 'BULKHEAD_FULL' },
    { limit: 'whole gateway', trafficPolicy: {}, limits: { maxConcurrentRequests: 1 }, code: 'GATEWAY_OVERLOADED' },
  ])('that there is no room, as a request would be told: $limit', async ({ trafficPolicy, limits, code }) => {
    const waiting: ServerResponse[] = []
    const upstream = await startUpstream((_request, response) => waiting.push(response))
    const { gateway, port } = await startProxy([upstream.port], { trafficPolicy }, { limits })
    const ask = () => gateway.explain({ method: 'GET', path: '/' })
    expect((await ask()).outcome).toBe('forward')
    const first = send(port, '/')
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    const told = await ask()
    expect(told.refusal).toMatchObject({ status: 503, code, retryAfterMs: 1_000 })
    expect(JSON.parse((await send(port, '/')).text)).toMatchObject({ code })
    waiting[0]?.end()
    await first
    await vi.waitFor(async () => expect((await ask()).outcome).toBe('forward'))
  })

  it('what the adaptive limit has measured', async () => {
    const { gateway } = await proxied({ adaptiveConcurrency: { initialLimit: 7 } })
    const told = await gateway.explain({ method: 'GET', path: '/' })
    expect(told.policies?.adaptiveConcurrency).toMatchObject({ limit: 7, activeCalls: 0, rejectedCalls: 0 })
    expect(told.toString()).toContain('adaptive limit: 0 of 7 under way, latency none, usually none')
  })
})
