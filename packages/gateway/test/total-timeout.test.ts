import type { TimerHandle } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { request as httpRequest, type ServerResponse } from 'node:http'
import { expect, it, vi } from 'vitest'
import { send, startProxy, startUpstream } from './harness.js'

/** Resolves when an answer without an end has begun. */
function holdStream(port: number): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: '/' }, (response) => {
      response.on('error', () => undefined).resume()
      resolve(() => request.destroy())
    })
    request.on('error', reject).end()
  })
}

it('that is over while a request waits for a place is the client’s 504, and no failure that opens the circuit', async () => {
  const clock = new FakeClock()
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
  })
  const { gateway, port } = await startProxy(
    [upstream.port],
    {
      trafficPolicy: { bulkhead: { maxConcurrent: 1, maxQueue: 1 }, timeout: '1s', retry: { maxAttempts: 2, baseDelay: 1 } },
      circuitBreaker: { failureThreshold: 1 },
    },
    {},
    { clock },
  )
  const opened = vi.fn()
  gateway.on('circuit:open', opened)
  const leave = await holdStream(port)
  const two = [send(port, '/'), send(port, '/')]
  expect((await Promise.race(two)).status).toBe(503) // the queue is full: the other waits in it
  await clock.advance(1_000)
  const answers = (await Promise.all(two)).map(({ status, text }) => ({ status, code: (JSON.parse(text) as { code: string }).code }))
  expect(answers).toContainEqual({ status: 504, code: 'UPSTREAM_TIMEOUT' })
  expect(opened).not.toHaveBeenCalled()
  leave()
})

it('is cleared when the request is answered', async () => {
  const clock = new FakeClock()
  const setTimer = vi.spyOn(clock, 'setTimer')
  const clearTimer = vi.spyOn(clock, 'clearTimer')
  const waiting: ServerResponse[] = []
  const upstream = await startUpstream((_request, response) => waiting.push(response))
  const { port } = await startProxy([upstream.port], { trafficPolicy: { timeout: 7_777 } }, {}, { clock })
  const answers = [1, 2, 3].map(() => send(port, '/'))
  await vi.waitFor(() => expect(waiting).toHaveLength(3))
  const timers = setTimer.mock.results.flatMap(({ value }, call) =>
    setTimer.mock.calls[call]?.[1] === 7_777 ? [value as TimerHandle] : [],
  )
  expect(timers).toHaveLength(3)
  for (const response of waiting) response.end('ok')
  for (const answer of answers) expect((await answer).status).toBe(200)
  await vi.waitFor(() => expect(clearTimer.mock.calls.flat()).toEqual(expect.arrayContaining(timers)))
})
