import { ConfigError } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { BulkheadError } from '../errors.js'
import type { Priority } from '../policy.js'
import { Bulkhead } from './bulkhead.js'
import { type BulkheadOptions, bulkheadProblems } from './options.js'

/** Calls that run until they are told to end. */
function heldCalls() {
  const running = new Map<string, () => void>()
  const started: string[] = []
  const call = (name: string) => () => {
    started.push(name)
    return new Promise<string>((resolve) => running.set(name, () => resolve(name)))
  }
  const end = async (name: string) => {
    running.get(name)?.()
    running.delete(name)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { call, end, started }
}

it('runs maxConcurrent calls and rejects the rest where there is no queue', async () => {
  const { call, end } = heldCalls()
  const bulkhead = new Bulkhead({ maxConcurrent: 2 })
  const first = bulkhead.execute(call('a'))
  void bulkhead.execute(call('b'))
  const third = vi.fn()
  const rejection: unknown = await bulkhead.execute(third).catch((error: unknown) => error)
  expect(rejection).toBeInstanceOf(BulkheadError)
  expect(rejection).toMatchObject({ code: 'BULKHEAD_FULL', reason: 'full', callRan: false })
  expect(third).not.toHaveBeenCalled()
  await end('a')
  expect(await first).toBe('a')
  expect(await bulkhead.execute(() => 'again')).toBe('again')
  expect(bulkhead.getMetrics()).toEqual({
    activeCalls: 1,
    queueLength: 0,
    maxConcurrent: 2,
    maxQueue: 0,
    rejectedCalls: 1,
    timedOutCalls: 0,
  })
})

it('serves the queue in order, and no newcomer first', async () => {
  const { call, end, started } = heldCalls()
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 2 })
  const outcomes = ['a', 'b', 'c'].map((name) => bulkhead.execute(call(name)))
  expect([bulkhead.getActiveCalls(), bulkhead.getQueueLength()]).toEqual([1, 2])
  await expect(bulkhead.execute(call('d'))).rejects.toThrow('All 1 places are taken, and 2 calls wait already')
  await end('a')
  outcomes.push(bulkhead.execute(call('e')))
  await end('b')
  await end('c')
  await end('e')
  expect(started).toEqual(['a', 'b', 'c', 'e'])
  expect(await Promise.all(outcomes)).toEqual(['a', 'b', 'c', 'e'])
  expect(bulkhead.getActiveCalls()).toBe(0)
})

it('serves urgent calls first, and within one priority whoever came first', async () => {
  const { call, end, started } = heldCalls()
  const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 10 })
  const priorities: readonly [string, Priority | undefined][] = [
    ['running', undefined],
    ['low', 'low'],
    ['normal 1', undefined],
    ['high 1', 'high'],
    ['normal 2', 'normal'],
    ['high 2', 'high'],
  ]
  for (const [name, priority] of priorities) void bulkhead.execute(call(name), { priority })
  while (bulkhead.getActiveCalls() > 0) await end(started.at(-1) as string)
  expect(started).toEqual(['running', 'high 1', 'high 2', 'normal 1', 'normal 2', 'low'])
})

it('gives the place back however a call ends', async () => {
  const bulkhead = new Bulkhead({ maxConcurrent: 1 })
  await expect(bulkhead.execute(() => Promise.reject(new Error('down')))).rejects.toThrow('down')
  await expect(
    bulkhead.execute(() => {
      throw new Error('at once')
    }),
  ).rejects.toThrow('at once')
  expect(await bulkhead.execute(() => 'fine')).toBe('fine')
})

describe('leaving the queue', () => {
  it('happens after queueTimeout', async () => {
    const clock = new FakeClock()
    const { call, end } = heldCalls()
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1, queueTimeout: '5s' }, clock)
    void bulkhead.execute(call('a'))
    const waiting = expect(bulkhead.execute(call('b'))).rejects.toMatchObject({ reason: 'queue-timeout', callRan: false })
    await clock.advance(5_000)
    await waiting
    expect(bulkhead.getMetrics()).toMatchObject({ queueLength: 0, timedOutCalls: 1, rejectedCalls: 0 })
    await end('a')
    expect(bulkhead.getActiveCalls()).toBe(0)
  })

  it('happens at once on an abort, and frees the place in the queue (cockatiel issue 112)', async () => {
    const clock = new FakeClock()
    const { call, end, started } = heldCalls()
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1, queueTimeout: '5s' }, clock)
    void bulkhead.execute(call('a'))
    const caller = new AbortController()
    const left = expect(bulkhead.execute(call('b'), { signal: caller.signal })).rejects.toBe('gone')
    caller.abort('gone')
    await left
    expect(clock.pendingTimers).toBe(0)
    void bulkhead.execute(call('c'))
    await end('a')
    expect(started).toEqual(['a', 'c'])
    expect(clock.pendingTimers).toBe(0)
  })

  it('is not needed by those who left before they came', async () => {
    const call = vi.fn()
    await expect(new Bulkhead({ maxConcurrent: 1 }).execute(call, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
    expect(call).not.toHaveBeenCalled()
  })

  it('leaves no listener with the caller when the call is served', async () => {
    const { call, end } = heldCalls()
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1 })
    const caller = new AbortController()
    const removed = vi.spyOn(caller.signal, 'removeEventListener')
    void bulkhead.execute(call('a'))
    const served = bulkhead.execute(call('b'), { signal: caller.signal })
    await end('a')
    await end('b')
    expect(await served).toBe('b')
    expect(removed).toHaveBeenCalledOnce()
  })
})

it('never runs more than maxConcurrent, holds more than maxQueue or loses a place, whatever comes', async () => {
  const arrival = fc.record({
    gapMs: fc.nat(20),
    takesMs: fc.nat(60),
    abortAfterMs: fc.option(fc.nat(40)),
    priority: fc.constantFrom<Priority>('high', 'normal', 'low'),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.nat(5),
      fc.array(arrival, { maxLength: 30 }),
      async (maxConcurrent, maxQueue, arrivals) => {
        const clock = new FakeClock()
        const bulkhead = new Bulkhead({ maxConcurrent, maxQueue, queueTimeout: 30 }, clock)
        let running = 0
        for (const { gapMs, takesMs, abortAfterMs, priority } of arrivals) {
          await clock.advance(gapMs)
          const caller = new AbortController()
          if (abortAfterMs !== null) clock.setTimer(() => caller.abort(), abortAfterMs)
          const call = async () => {
            expect(++running).toBeLessThanOrEqual(maxConcurrent)
            await clock.sleep(takesMs)
            running--
          }
          bulkhead.execute(call, { signal: caller.signal, priority }).catch(() => undefined)
          expect(bulkhead.getQueueLength()).toBeLessThanOrEqual(maxQueue)
          await clock.advance(0)
          expect(bulkhead.getActiveCalls()).toBe(running)
        }
        await clock.advance(10_000)
        expect([bulkhead.getActiveCalls(), bulkhead.getQueueLength(), clock.pendingTimers]).toEqual([0, 0, 0])
      },
    ),
    { numRuns: 50 },
  )
})

it('lists everything that is wrong with its options', () => {
  const wrong = JSON.parse(
    '{ "maxConcurrent": 0, "maxQueue": -1, "queueTimeout": "soon", "maxQueued": 1, "metrics": {} }',
  ) as BulkheadOptions
  expect(bulkheadProblems(wrong).map(({ path }) => path)).toEqual(['maxQueued', 'maxConcurrent', 'maxQueue', 'queueTimeout', 'metrics'])
  expect(() => new Bulkhead(wrong)).toThrow(ConfigError)
  expect(bulkheadProblems(JSON.parse('{}') as BulkheadOptions)).toEqual([{ path: 'maxConcurrent', message: 'is required' }])
})
