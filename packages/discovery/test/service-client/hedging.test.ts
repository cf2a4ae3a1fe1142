import { RetryBudget } from '@hazeljs/resilience'
import { describe, expect, it } from 'vitest'
import { type Handler, json, setUp, startService, until } from './services.js'

const silent: Handler = () => undefined
const fast: Handler = (_, response) => json(response, 'fast')

describe('a hedge', () => {
  it('goes to another instance, and the slow one is aborted', async () => {
    const [slow, other] = await Promise.all([startService(silent), startService(fast)])
    const { client, leases } = await setUp([slow.port, other.port], { hedge: { delay: 20 } })
    expect((await client.get('/')).data).toBe('fast')
    expect(leases).toEqual([
      { port: slow.port, outcomes: ['ignored'] },
      { port: other.port, outcomes: ['success'] },
    ])
    const socket = slow.requests[0]?.socket
    await until(() => socket?.destroyed !== false)
    expect(client.hedge?.getMetrics()).toMatchObject({ calls: 1, hedges: 1, won: 1 })
  })

  it('is not made on the instance that is slow', async () => {
    const answers: (() => void)[] = []
    const only = await startService((_, response) => void answers.push(() => json(response, 'late')))
    const { client, leases } = await setUp([only.port], { hedge: { delay: 20 } })
    const call = client.get('/')
    await until(() => client.hedge?.getMetrics().hedges === 1 && leases.length === 2)
    answers[0]?.()
    expect((await call).data).toBe('late')
    expect(only.requests).toHaveLength(1)
    expect(leases.map(({ outcomes }) => outcomes.join())).toEqual(['success', 'ignored'])
  })

  it('is made only for what may happen twice', async () => {
    const [slow, other] = await Promise.all([startService(silent), startService(fast)])
    const { client } = await setUp([slow.port, other.port], { hedge: { delay: 5 }, timeout: 60 })
    await expect(client.post('/', {})).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(other.requests).toEqual([])
  })

  it('pays from the budget of the retries, and one call deposits once', async () => {
    const [slow, other] = await Promise.all([startService(silent), startService(fast)])
    const budget = new RetryBudget({ ratio: 200, perSecond: 0 })
    const { client } = await setUp([slow.port, other.port], { hedge: { delay: 5 }, budget })
    await client.get('/')
    expect(budget.available).toBe(1)
  })

  it('leaves the retry to follow where both fail', async () => {
    const bad: Handler = (_, response) => void setTimeout(() => response.writeHead(503).end(), 40)
    const services = await Promise.all([startService(bad), startService(bad), startService(fast)])
    const { client } = await setUp(
      services.map(({ port }) => port),
      { hedge: { delay: 5 } },
    )
    expect((await client.get('/')).data).toBe('fast')
    expect(services.map(({ requests }) => requests.length)).toEqual([1, 1, 1])
  })

  it('of a stream leaves no second body open', async () => {
    const services = await Promise.all(
      [30, 0].map((delayMs) => startService((_, response) => void setTimeout(() => response.writeHead(200).write('first'), delayMs))),
    )
    const { client, leases } = await setUp(
      services.map(({ port }) => port),
      { hedge: { delay: 10 } },
    )
    for (let round = 0; round < 5; round++) {
      const { body } = await client.stream('GET', '/')
      body.destroy()
    }
    await until(() => leases.every(({ outcomes }) => outcomes.length === 1))
  })
})

describe('a circuit breaker', () => {
  it('opens for the service, and its callers fail fast', async () => {
    const { port, requests } = await startService((_, response) => response.writeHead(500).end())
    const { client } = await setUp([port], { circuitBreaker: { failureThreshold: 2 } })
    for (let call = 0; call < 2; call++) expect((await client.get('/')).status).toBe(500)
    await expect(client.get('/')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', message: expect.stringContaining("'users'") as string })
    expect(requests).toHaveLength(2)
    expect(client.circuitBreaker?.isOpen()).toBe(true)
  })

  it('counts each attempt once, connections that were not made too, and nothing that is the caller’s doing', async () => {
    const reset: Handler = (request, response) => (request.url === '/' ? request.socket.resetAndDestroy() : json(response, 1, 404))
    const { port } = await startService(reset)
    const { client } = await setUp([port, 1], { circuitBreaker: true, retries: 1 })
    await client.get('/').catch(() => undefined)
    expect(client.circuitBreaker?.getMetrics()).toMatchObject({ totalCalls: 2, failureCalls: 2 })
    await client.get('/found')
    await client.get('/', { signal: AbortSignal.abort() }).catch(() => undefined)
    await client.get('/', { filter: { tags: ['none'] } }).catch(() => undefined)
    expect(client.circuitBreaker?.getMetrics()).toMatchObject({ totalCalls: 3, failureCalls: 2 })
  })
})
