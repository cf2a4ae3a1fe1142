import { beforeAll, describe, expect, it } from 'vitest'
import { startFullStack } from './starter-process.js'

const timeout = 30_000

const served = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init)
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> }
}

describe('the full stack without a terminal', () => {
  let starter: Awaited<ReturnType<typeof startFullStack>>
  beforeAll(async () => {
    starter = await startFullStack()
  }, timeout)

  it('serves all four services and prints their addresses', { timeout }, async () => {
    const { url, output } = starter
    for (const name of ['user', 'order', 'product', 'payment']) {
      const { status, headers, body } = await served(`${url}/api/${name}s`)
      expect(status).toBe(200)
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(body.servedBy).toMatch(new RegExp(`^${name}-service `))
      expect(output()).toMatch(new RegExp(`${name}-service \\S+ +http://127\\.0\\.0\\.1:\\d+`))
    }
    expect(await served(`${url}/api/products/2`)).toMatchObject({ status: 200, body: { data: { name: 'Cup' } } })
    expect(await served(`${url}/api/nothing`)).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } })
  })

  it('sends users to the version that they ask for', { timeout }, async () => {
    const { url } = starter
    const ask = (version: string) => served(`${url}/api/users/1`, { headers: { 'X-API-Version': version } })
    for (let i = 0; i < 5; i++) {
      expect((await ask('v1')).body).toEqual({ servedBy: 'user-service v1', data: { id: 1, name: 'Ada Lovelace' } })
      expect((await ask('v2')).body).toEqual({ servedBy: 'user-service v2', data: { id: 1, firstName: 'Ada', lastName: 'Lovelace' } })
    }
  })

  it('lets the versions of a service share what they store', { timeout }, async () => {
    const { url } = starter
    const created = await served(`${url}/api/users`, {
      method: 'POST',
      headers: { 'X-API-Version': 'v1', 'Content-Type': 'application/json' },
      body: '{"name":"Mary Jackson"}',
    })
    expect(created).toMatchObject({ status: 201, body: { data: { id: 3, name: 'Mary Jackson' } } })
    const read = await served(`${url}/api/users/3`, { headers: { 'X-API-Version': 'v2' } })
    expect(read.body.data).toEqual({ id: 3, firstName: 'Mary', lastName: 'Jackson' })
  })

  it('splits orders between stable and canary', { timeout }, async () => {
    const { url } = starter
    const seen = new Set<unknown>()
    // A canary of 10 % stays unseen in 400 requests once in 10^18 runs.
    for (let i = 0; i < 400 && seen.size < 2; i++) seen.add((await served(`${url}/api/orders`)).body.servedBy)
    expect([...seen].sort()).toEqual(['order-service 1.0.0', 'order-service 2.0.0'])
  })

  it('limits payments to 50, and says when to come back', { timeout }, async () => {
    const { url, printed } = await startFullStack()
    const ask = () => served(`${url}/api/payments`)
    const first = await Promise.all(Array.from({ length: 50 }, ask))
    expect(new Set(first.map(({ status }) => status))).toEqual(new Set([200]))
    // A token comes back every 1.2 s: at most a few of the next can still be admitted.
    const rest = await Promise.all(Array.from({ length: 50 }, ask))
    const refused = rest.find(({ status }) => status === 429)
    expect(refused?.body).toMatchObject({ status: 429, code: 'RATE_LIMITED' })
    expect(refused?.headers.get('content-type')).toBe('application/problem+json')
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    await printed(/rate limit of \/api\/payments\/\*\* used up/)
  })

  it('opens the circuit of payments in an outage', { timeout }, async () => {
    const { url, printed } = await startFullStack()
    const [, outage = ''] = await printed(/curl -X POST (\S+\/outage)/)
    await served(outage, { method: 'POST' })
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) statuses.push((await served(`${url}/api/payments`)).status)
    expect(statuses).toEqual([500, 500, 500, 503])
    await printed(/circuit of \/api\/payments\/\*\* open/)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s', { timeout }, async (signal) => {
    const { child, exited, output } = await startFullStack()
    child.kill(signal)
    expect(await exited).toBe(0)
    expect(output()).toMatch(/Stopped\.\n$/)
  })
})
