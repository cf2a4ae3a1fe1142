import { FakeClock } from '@hazeljs/core/testing'
import { afterEach, expect, it, vi } from 'vitest'
import { BulkheadError, TimeoutError } from '../errors.js'
import { rootContext } from '../policy.js'
import { MetricsCollector } from './metrics-collector.js'
import { recorded } from './recorded.js'

afterEach(() => void vi.restoreAllMocks())

function measuring() {
  const clock = new FakeClock()
  const metrics = new MetricsCollector('1m', clock)
  /** Work that takes `ms`, negative for a clock that goes back. */
  const run = (ms: number, end: () => unknown, isFailure?: (result: unknown) => boolean) =>
    recorded(
      metrics,
      clock,
      rootContext(),
      async () => {
        clock.jump(ms)
        return end()
      },
      isFailure,
    )
  return { metrics, run }
}

const down = () => Promise.reject(new Error('down'))

it('records how work ended and how long it took', async () => {
  const { metrics, run } = measuring()
  expect(await run(10, () => 'fine')).toBe('fine')
  await expect(run(20, down)).rejects.toThrow('down')
  expect(
    await run(
      30,
      () => 503,
      (status) => status === 503,
    ),
  ).toBe(503)
  expect(metrics.getSnapshot()).toMatchObject({ successCalls: 1, failureCalls: 2, min: 10, max: 30, lastError: new Error('down') })
})

it('leaves out what is nobody’s failure', async () => {
  const { metrics, run } = measuring()
  await expect(run(1, () => Promise.reject(new BulkheadError('full', 'full')))).rejects.toThrow('full')
  await expect(run(1, () => Promise.reject(new DOMException('stopped', 'AbortError')))).rejects.toThrow('stopped')
  expect(metrics.getSnapshot().totalCalls).toBe(0)
})

it('reports a time that cannot be, and what a collector throws; the outcome stands', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const { metrics, run } = measuring()
  expect(await run(-5, () => 'fine')).toBe('fine')
  await expect(run(-5, down)).rejects.toThrow('down')
  vi.spyOn(metrics, 'recordSuccess').mockImplementation(() => {
    throw new Error('disk full')
  })
  expect(await run(5, () => 'fine')).toBe('fine')
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    'metrics threw: Expected a time of at least 0 ms, got -5',
    'metrics threw: Expected a time of at least 0 ms, got -5',
    'metrics threw: disk full',
  ])
})

it('records an answer that comes too late as a failure, and nothing for a caller who left', async () => {
  const clock = new FakeClock()
  const metrics = new MetricsCollector('1m', clock)
  for (const reason of [new TimeoutError(50), 'gone']) {
    const caller = new AbortController()
    await recorded(metrics, clock, rootContext(caller.signal), () => {
      caller.abort(reason)
      return Promise.resolve('too late')
    })
  }
  expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 1, failureCalls: 1 })
})
