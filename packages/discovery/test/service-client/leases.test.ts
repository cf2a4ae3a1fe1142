import fc from 'fast-check'
import { expect, it } from 'vitest'
import { freePort, type Handler, json, setUp, startService, until } from './services.js'

const behaviours: Record<string, Handler> = {
  well: (_, response) => json(response, 'ok'),
  missing: (_, response) => json(response, 'no', 404),
  broken: (_, response) => json(response, 'no', 500),
  unavailable: (_, response) => response.writeHead(503).end(),
  reset: (request) => request.socket.resetAndDestroy(),
  short: (_, response) => void response.writeHead(200, { 'content-length': '9' }).write('a', () => response.destroy()),
  noise: (request) => request.socket.end('noise\r\n\r\n'),
  silent: () => undefined,
  long: (_, response) => response.end('x'.repeat(5_000)),
  noJson: (_, response) => response.setHeader('content-type', 'application/json').end('{'),
}

it('each lease is given back once, whatever happens', async () => {
  const [a, b] = await Promise.all(
    [1, 2].map(() => startService((request, response) => behaviours[String(request.headers['x-do'])]?.(request, response))),
  )
  const closed = await freePort()
  const call = fc.record({
    behaviour: fc.constantFrom(...Object.keys(behaviours)),
    method: fc.constantFrom('GET', 'POST', 'PUT'),
    streamed: fc.boolean(),
    read: fc.boolean(),
    leaveAfterMs: fc.option(fc.integer({ min: 0, max: 30 })),
  })
  const options = fc.record({
    hedge: fc.constantFrom(false, { delay: 5 }),
    circuitBreaker: fc.boolean(),
    retries: fc.integer({ min: 0, max: 3 }),
    ports: fc.subarray([a?.port ?? 0, b?.port ?? 0, closed], { minLength: 1 }),
  })
  const property = fc.asyncProperty(options, fc.array(call, { maxLength: 12 }), async ({ ports, ...given }, calls) => {
    const { client, leases } = await setUp(ports, { ...given, timeout: 60, attemptTimeout: 25, maxResponseBytes: 1_000 })
    const outcomes = calls.map(async ({ behaviour, method, streamed, read, leaveAfterMs }) => {
      const caller = new AbortController()
      if (leaveAfterMs !== null) setTimeout(() => caller.abort(), leaveAfterMs)
      const request = { signal: caller.signal, headers: { 'x-do': behaviour } }
      if (!streamed) return client.request(method, '/', request)
      const { body } = await client.stream(method, '/', request)
      if (!read) return body.destroy()
      setTimeout(() => body.destroy(), 40)
      return body.toArray()
    })
    await Promise.allSettled(outcomes)
    await until(() => leases.every(({ outcomes }) => outcomes.length > 0))
    expect(leases.filter(({ outcomes }) => outcomes.length !== 1)).toEqual([])
    await client.close({ drainTimeout: 0 })
    expect(client.openPools).toBe(0)
  })
  await fc.assert(property, { numRuns: 40 })
}, 60_000)
