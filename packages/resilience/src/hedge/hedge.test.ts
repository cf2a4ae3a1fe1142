import { AsyncLocalStorage } from 'node:async_hooks'
import { FakeClock } from '@hazeljs/core/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import { HedgeLostError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import type { CallContext } from '../policy.js'
import { Timeout } from '../timeout/timeout.js'
import { Hedge } from './hedge.js'
import type { HedgeOptions } from './options.js'

const down = new Error('down')
const unhandled = vi.fn()

beforeEach(() => void process.on('unhandledRejection', unhandled))
afterEach(() => {
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
})

/** A call whose copies take these times each; a negative one fails after as long. Notes when each began, and what aborted it. */
function copies(clock: FakeClock, ...times: readonly number[]) {
  const begunAt: number[] = []
  const aborts: unknown[] = []
  const call = ({ cancellation }: CallContext) => {
    const number = begunAt.length
    const ms = times[number] ?? Infinity
    begunAt.push(clock.now())
    return new Promise<number>((resolve, reject) => {
      const timer = ms === Infinity ? undefined : clock.setTimer(() => (ms < 0 ? reject(down) : resolve(number)), Math.abs(ms))
      cancellation.onAbort((reason) => {
        clock.clearTimer(timer)
        aborts[number] = reason
        reject(reason)
      })
    })
  }
  return { call, begunAt, aborts }
}

async function run(options: HedgeOptions, ...times: readonly number[]) {
  const clock = new FakeClock()
  const { call, begunAt, aborts } = copies(clock, ...times)
  const hedge = new Hedge(options, clock)
  let endedAt: number | undefined
  const outcome = hedge
    .execute(call)
    .catch((error: unknown) => error)
    .finally(() => (endedAt = clock.now()))
  await clock.advance(10_000)
  expect(clock.pendingTimers).toBe(0)
  return { result: await outcome, begunAt, aborts, endedAt, metrics: hedge.getMetrics() }
}

describe('a call', () => {
  it('that is done before the delay is made once', async () => {
    expect(await run({ delay: 100 }, 99)).toMatchObject({ result: 0, begunAt: [0], metrics: { calls: 1, hedges: 0, won: 0 } })
  })

  it('that is slow gets a second copy, and the first success wins; the loser is aborted at once', async () => {
    const { result, begunAt, aborts, endedAt, metrics } = await run({ delay: 100 }, 500, 50)
    expect([result, begunAt, endedAt]).toEqual([1, [0, 100], 150])
    expect(aborts[0]).toBeInstanceOf(HedgeLostError)
    expect(aborts[1]).toBeUndefined()
    expect(metrics).toEqual({ calls: 1, hedges: 1, won: 1, suppressed: 0, delayMs: 100 })
  })

  it('may be answered by the first copy after all', async () => {
    const { result, aborts, endedAt, metrics } = await run({ delay: 100 }, 150, 80)
    expect([result, endedAt]).toEqual([0, 150])
    expect(aborts).toEqual([undefined, expect.any(HedgeLostError)])
    expect(metrics).toMatchObject({ hedges: 1, won: 0 })
  })

  it('gets further copies, a delay apart, as many as maxHedges', async () => {
    expect(await run({ delay: 100, maxHedges: 3 }, 1_000, 1_000, 1_000, 50)).toMatchObject({ begunAt: [0, 100, 200, 300], result: 3 })
    expect((await run({ delay: 100 }, 1_000, 1_000, 50)).begunAt).toEqual([0, 100])
  })

  it('without delay gets its second copy at once, after its own turn', async () => {
    expect(await run({ delay: 0 }, 50, 20)).toMatchObject({ begunAt: [0, 0], result: 1, endedAt: 20 })
  })

  it('that fails before it was hedged fails at once', async () => {
    expect(await run({ delay: 100 }, -50)).toMatchObject({ result: down, begunAt: [0], endedAt: 50 })
  })

  it('goes on when one copy fails while another runs', async () => {
    expect(await run({ delay: 100 }, -150, 100)).toMatchObject({ result: 1, endedAt: 200 })
    expect(await run({ delay: 100 }, 300, -50)).toMatchObject({ result: 0, endedAt: 300 })
  })

  it('fails when all copies have, with what the last one failed with', async () => {
    const clock = new FakeClock()
    const failures = [new Error('first'), new Error('second')]
    let made = 0
    const outcome = new Hedge({ delay: 100 }, clock)
      .execute(async ({ cancellation }) => {
        const failure = failures[made++] as Error
        cancellation.onAbort(() => expect.unreachable())
        await clock.sleep(150)
        throw failure
      })
      .catch((error: unknown) => error)
    await clock.advance(1_000)
    expect(await outcome).toBe(failures[1])
    expect(clock.pendingTimers).toBe(0)
  })

  it('that must not happen twice is never hedged', async () => {
    const clock = new FakeClock()
    const { call, begunAt } = copies(clock, 500)
    const hedge = new Hedge({ delay: 100 }, clock)
    const outcome = hedge.execute(call, { idempotent: false })
    await clock.advance(1_000)
    expect([await outcome, begunAt]).toEqual([0, [0]])
    expect(hedge.getMetrics()).toMatchObject({ calls: 0, hedges: 0 })
  })

  it.each([
    ['returns', () => 'fine'],
    ['returns a thenable', () => ({ then: (resolve: (value: string) => void) => resolve('fine') }) as PromiseLike<string>],
  ])('that %s at once needs no timer', async (_, call) => {
    const clock = new FakeClock()
    expect(await new Hedge({ delay: 100 }, clock).execute(call)).toBe('fine')
    expect(clock.pendingTimers).toBe(0)
  })

  it('that throws rejects', async () => {
    const clock = new FakeClock()
    const throwing = () => {
      throw down
    }
    await expect(new Hedge({ delay: 100 }, clock).execute(throwing)).rejects.toBe(down)
    await expect(new Hedge({ delay: 100 }, clock).execute(throwing, { idempotent: false })).rejects.toBe(down)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('the caller', () => {
  it('who leaves aborts every copy, and no other is made', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    const { call, begunAt, aborts } = copies(clock)
    const outcome = expect(new Hedge({ delay: 100, maxHedges: 5 }, clock).execute(call, { signal: caller.signal })).rejects.toBe('gone')
    await clock.advance(150)
    caller.abort('gone')
    await outcome
    expect(aborts).toEqual(['gone', 'gone'])
    await clock.advance(1_000)
    expect([begunAt.length, clock.pendingTimers]).toEqual([2, 0])
  })

  it('who leaves while a copy takes no notice gets the failure of the one that does', async () => {
    const clock = new FakeClock()
    const caller = new AbortController()
    let made = 0
    const call = ({ cancellation }: CallContext) =>
      new Promise<never>((_, reject) => {
        if (++made === 1) cancellation.onAbort(reject)
      })
    const outcome = expect(new Hedge({ delay: 100 }, clock).execute(call, { signal: caller.signal })).rejects.toBe('gone')
    await clock.advance(150)
    caller.abort('gone')
    await outcome
  })

  it('who left already is not served, and keeps no listener of a call that is over', async () => {
    const call = vi.fn()
    await expect(new Hedge().execute(call, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
    expect(call).not.toHaveBeenCalled()

    const clock = new FakeClock()
    const caller = new AbortController()
    const added = vi.spyOn(caller.signal, 'addEventListener')
    const removed = vi.spyOn(caller.signal, 'removeEventListener')
    const outcome = new Hedge({ delay: 100 }, clock).execute(copies(clock, 500, 50).call, { signal: caller.signal })
    await clock.advance(1_000)
    expect(await outcome).toBe(1)
    expect(added).toHaveBeenCalledTimes(2)
    expect(removed).toHaveBeenCalledTimes(2)
  })
})

it('runs each copy in the asynchronous context of its own call, though calls share a timer', async () => {
  const clock = new FakeClock()
  const requests = new AsyncLocalStorage<string>()
  const hedge = new Hedge({ delay: 100 }, clock)
  const seen: (string | undefined)[] = []
  const call = async () => {
    seen.push(requests.getStore())
    await clock.sleep(200)
  }
  const outcomes = Promise.all(['a', 'b'].map((request) => requests.run(request, () => hedge.execute(call))))
  await clock.advance(1_000)
  await outcomes
  expect(seen).toEqual(['a', 'b', 'a', 'b'])
})

it("is nobody's failure when it loses: a breaker inside ignores it", async () => {
  const clock = new FakeClock()
  const breaker = new CircuitBreaker({ failureThreshold: 1 }, clock)
  const { call } = copies(clock, 500, 50)
  const outcome = new Hedge({ delay: 100 }, clock).execute((context) => breaker.execute(call, context))
  await clock.advance(1_000)
  expect(await outcome).toBe(1)
  expect(breaker.getMetrics()).toMatchObject({ state: 'CLOSED', successCalls: 1, failureCalls: 0 })
})

it('hands its copies the deadline, the attempt and the options of the call', async () => {
  const clock = new FakeClock()
  const seen: unknown[] = []
  const hedge = new Hedge({ delay: 100 }, clock)
  const outcome = new Timeout(1_000, clock).execute(
    (outer) =>
      hedge.execute(async ({ remainingMs, attempt, options }) => {
        seen.push([remainingMs, attempt, options.key])
        await clock.sleep(200)
      }, outer),
    { key: 'user-1' },
  )
  await clock.advance(1_000)
  await outcome
  expect(seen).toEqual([
    [1_000, 1, 'user-1'],
    [900, 1, 'user-1'],
  ])
})

it('records calls, not copies, in its metrics', async () => {
  const metrics = new MetricsCollector()
  await run({ delay: 100, metrics }, 500, 50)
  await run({ delay: 100, metrics }, -150, -100)
  expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 2, successCalls: 1, failureCalls: 1, min: 150, max: 200 })
})

it('describes itself', () => {
  expect(new Hedge({ delay: '50ms' }).describe()).toEqual({ policy: 'Hedge', summary: '1 hedge after 50 ms', hedgeDelayMs: 50 })
  expect(new Hedge({ maxHedges: 2 }).describe().summary).toBe('2 hedges after the p95 of successes')
})

it('with a clock that throws makes the call once, and says so', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const broken = Object.assign(new FakeClock(), { setTimer: () => expect.unreachable() })
  expect(await new Hedge({ delay: 100 }, broken).execute(() => 'fine')).toBe('fine')
  expect(warning).toHaveBeenCalledOnce()
  warning.mockRestore()
})
