import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { RetryBudget } from '@hazeljs/resilience'
import { ServiceError } from '@hazeljs/discovery'
import { bodyOf, freePort, type Handler, json, setUp, startService } from './services.js'

const reset: Handler = (request) => request.socket.resetAndDestroy()
const unavailable: Handler = (_, response) => response.writeHead(503).end('no')
const well: Handler = async (request, response) => json(response, `well ${await bodyOf(request)}`.trim())

async function ports(...handlers: Handler[]): Promise<number[]> {
  return Promise.all(handlers.map(async (handler) => (await startService(handler)).port))
}

it.each([
  ['a connection that is reset', reset],
  ['502', (_, response) => response.writeHead(502).end()],
  ['503', unavailable],
  ['504', (_, response) => response.writeHead(504).end('x'.repeat(200_000))],
  [
    'an answer that is cut short',
    (_, response) => void response.writeHead(200, { 'content-length': '9' }).write('a', () => response.destroy()),
  ],
  ['what is no HTTP', (request) => request.socket.end('no HTTP\r\n\r\n')],
] satisfies [string, Handler][])('goes to another instance after %s', async (_name, bad) => {
  const all = await ports(bad, bad, well)
  const { client, leases } = await setUp(all)
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
    expect(await client.request(method, '/')).toMatchObject({ status: 200, data: 'well' })
  }
  const each = [0, 1, 2].map((rank) => ({ port: all[rank], outcomes: [rank === 2 ? 'success' : 'failure'] }))
  expect(leases).toEqual([...each, ...each, ...each, ...each])
})

it('tries every instance before one a second time', async () => {
  const all = await ports(reset, reset, reset)
  const { client, leases } = await setUp(all, { retries: 3 })
  await expect(client.get('/')).rejects.toMatchObject({
    code: 'RETRY_EXHAUSTED',
    attempts: 4,
    cause: { code: 'SERVICE_CONNECTION_LOST', service: 'users', callRan: true },
  })
  expect(new Set(leases.slice(0, 3).map(({ port }) => port)).size).toBe(3)
  expect(leases).toHaveLength(4)
})

describe('what must not happen twice', () => {
  it('is not sent again once it may have been worked on', async () => {
    const { client, leases } = await setUp(await ports(reset, well))
    const error = await client.post('/', { a: 1 }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({ code: 'SERVICE_CONNECTION_LOST', callRan: true })
    expect(leases).toHaveLength(1)
  })

  it('is answered with the 503 that another request would retry', async () => {
    const { client, leases } = await setUp(await ports(unavailable, well))
    expect(await client.patch('/', {})).toMatchObject({ status: 503 })
    expect(leases).toMatchObject([{ outcomes: ['failure'] }])
  })

  it('is sent to another instance where no connection was made', async () => {
    const { client, leases } = await setUp([await freePort(), await freePort(), ...(await ports(well))])
    expect(await client.post('/', { a: 1 })).toMatchObject({ data: 'well {"a":1}' })
    expect(leases.map(({ outcomes }) => outcomes.join())).toEqual(['failure', 'failure', 'success'])
  })

  it('may, with an Idempotency-Key or where the caller says so', async () => {
    const { client } = await setUp(await ports(reset, well))
    expect(await client.post('/', 'a', { headers: { 'idempotency-KEY': '1' } })).toMatchObject({ data: 'well a' })
    expect(await client.patch('/', 'b', { idempotent: true })).toMatchObject({ data: 'well b' })
  })

  it('may be a GET', async () => {
    const { client, leases } = await setUp(await ports(reset, well))
    await expect(client.get('/', { idempotent: false })).rejects.toMatchObject({ code: 'SERVICE_CONNECTION_LOST' })
    expect(leases).toHaveLength(1)
  })
})

describe('a body that is a stream', () => {
  it('is not sent a second time', async () => {
    const { client, leases } = await setUp(await ports(reset, well))
    const body = Readable.from(['a', 'b'])
    await expect(client.put('/', body, { idempotent: true })).rejects.toMatchObject({ code: 'SERVICE_CONNECTION_LOST' })
    expect(leases).toHaveLength(1)
    expect(body.destroyed).toBe(true)
  })

  it('goes to another instance while nothing of it was read', async () => {
    const { client } = await setUp([await freePort(), ...(await ports(well))])
    expect(await client.post('/', Readable.from(['a', 'b']))).toMatchObject({ data: 'well ab' })
  })

  it('that fails is nobody else’s failure', async () => {
    const { client, leases } = await setUp(await ports(well))
    const broken = new Error('the disk')
    const body = Readable.from(
      (function* () {
        yield 'a'
        throw broken
      })(),
    )
    await expect(client.post('/', body)).rejects.toBe(broken)
    const early = new Readable({ read: () => undefined })
    early.destroy(broken)
    await expect(client.post('/', early)).rejects.toBe(broken)
    expect(leases.map(({ outcomes }) => outcomes.join())).toEqual(['ignored', 'ignored'])
  })
})

it('resolves with the last 503 when the retries are used up', async () => {
  const { client, leases } = await setUp(await ports(unavailable), { retries: 2 })
  expect((await client.get<Buffer>('/')).data.toString()).toBe('no')
  expect(leases.map(({ outcomes }) => outcomes.join())).toEqual(['failure', 'failure', 'failure'])
})

it('does not retry other statuses, and nothing with retries: 0', async () => {
  const { client, leases } = await setUp(await ports((request, response) => response.writeHead(Number(request.url?.slice(1))).end()))
  for (const status of [400, 429, 500, 501]) expect((await client.get(`/${status}`)).status).toBe(status)
  expect(leases).toHaveLength(4)
  const never = await setUp([await freePort()], { retries: 0 })
  await expect(never.client.get('/')).rejects.toMatchObject({
    code: 'SERVICE_UNREACHABLE',
    callRan: false,
    cause: { code: 'ECONNREFUSED' },
  })
  expect(never.leases).toHaveLength(1)
})

describe('Retry-After', () => {
  it('is the least pause', async () => {
    let asked = 0
    const [port] = (await ports((_, response) =>
      asked++ === 0 ? response.writeHead(503, { 'retry-after': '1' }).end() : json(response, 1),
    )) as [number]
    const { client } = await setUp([port])
    const start = performance.now()
    expect((await client.get('/')).data).toBe(1)
    expect(performance.now() - start).toBeGreaterThanOrEqual(1_000)
  })

  it('beyond the time that is left ends it with the answer', async () => {
    const { client, leases } = await setUp(await ports((_, response) => response.writeHead(503, { 'retry-after': '20' }).end()))
    expect(await client.get('/')).toMatchObject({ status: 503, headers: { 'retry-after': '20' } })
    expect(leases).toHaveLength(1)
  })
})

it('makes no retry without budget', async () => {
  const budget = new RetryBudget({ ratio: 0, perSecond: 0.1 })
  const { client, leases } = await setUp(await ports(reset), { budget })
  await expect(client.get('/')).rejects.toMatchObject({ code: 'RETRY_EXHAUSTED', reason: 'budget', attempts: 2 })
  await expect(client.get('/')).rejects.toMatchObject({ code: 'RETRY_EXHAUSTED', reason: 'budget', attempts: 1 })
  expect(leases).toHaveLength(3)
  expect(client.budget).toBe(budget)
})

it('tells of retries, and logs attempts without query, headers and bodies', async () => {
  const lines: unknown[] = []
  const log = (fields: object, message: string) => void lines.push({ ...fields, message })
  const logger = { debug: log, info: log, warn: log, error: log }
  const told: string[] = []
  const [bad] = (await ports(reset)) as [number]
  const { client } = await setUp(
    [bad],
    { retries: 1, retry: { onRetry: (error, attempt) => told.push(`${attempt} ${error.name}`) } },
    { logger },
  )
  await client.put('/a?token=secret', 'secret', { headers: { authorization: 'secret' } }).catch(() => undefined)
  expect(told).toEqual(['1 ServiceError'])
  expect(lines).toMatchObject(
    [1, 2].map((attempt) => ({ service: 'users', method: 'PUT', path: '/a', attempt, code: 'SERVICE_CONNECTION_LOST' })),
  )
  expect(JSON.stringify(lines)).not.toContain('secret')
})
