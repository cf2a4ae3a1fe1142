import { FakeClock } from '@hazeljs/core/testing'
import { CircuitBreaker, CircuitBreakers, type CircuitBreakerOptions, type CircuitBreakerSnapshot, TimeoutError } from '@hazeljs/resilience'
import { describe, expect, it, vi } from 'vitest'

/** What has gone wrong in other circuit breakers, each with where it was found. */

const fail = () => Promise.reject(new Error('down'))
const succeed = () => Promise.resolve('fine')
const never = () => new Promise<never>(() => undefined)

/** A call that settles when told to. */
function held() {
  let succeedNow: (value: string) => void = () => undefined
  let failNow: (error: Error) => void = () => undefined
  const promise = new Promise<string>((resolve, reject) => {
    succeedNow = resolve
    failNow = reject
  })
  return { call: () => promise, succeed: () => succeedNow('fine'), fail: () => failNow(new Error('down')) }
}

/** Open, with the reset time just over: the next call is a probe. */
async function readyToProbe(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock()
  const breaker = new CircuitBreaker({ failureThreshold: 1, successThreshold: 1, resetTimeout: 1_000, ...options }, clock)
  const late = held()
  const lateCall = breaker.execute(late.call)
  await breaker.execute(fail).catch(() => undefined)
  clock.jump(1_000)
  return { clock, breaker, late, lateCall }
}

describe('windows', () => {
  it('failures of an hour ago do not trip, however few calls came since (cockatiel #64)', async () => {
    const clock = new FakeClock()
    const slidingWindow = { type: 'time', size: '10s' } as const
    const breaker = new CircuitBreaker({ failureRateThreshold: 50, minimumCalls: 10, slidingWindow }, clock)
    for (let call = 0; call < 9; call++) await breaker.execute(fail).catch(() => undefined)
    clock.jump(3_600_000)
    for (let call = 0; call < 9; call++) {
      await breaker.execute(fail).catch(() => undefined)
      expect(breaker.getMetrics()).toMatchObject({ state: 'CLOSED', totalCalls: call + 1 })
    }
  })
})

describe('half-open', () => {
  it('a success of a call from before the circuit opened does not close it (opossum 9 and 10 close on any success)', async () => {
    const { breaker, late, lateCall } = await readyToProbe()
    const probe = held()
    const probeCall = breaker.execute(probe.call)
    late.succeed()
    await lateCall
    expect(breaker.isHalfOpen()).toBe(true)
    probe.fail()
    await expect(probeCall).rejects.toThrow('down')
    expect(breaker.isOpen()).toBe(true)
  })

  it('an error that is filtered out does not close it (opossum emits success for it)', async () => {
    const { breaker } = await readyToProbe({ failurePredicate: ({ message }) => message === 'down' })
    await expect(breaker.execute(() => Promise.reject(new Error('not found')))).rejects.toThrow('not found')
    expect(breaker.isHalfOpen()).toBe(true)
  })

  it('permits do not leak with calls that report nothing (resilience4j #903)', async () => {
    const { breaker } = await readyToProbe({ failurePredicate: ({ message }) => message === 'down' })
    const ignored = [
      () => breaker.execute(() => Promise.reject(new Error('not found'))),
      () => breaker.execute(() => Promise.reject(new DOMException('stopped', 'AbortError'))),
      () => {
        const caller = new AbortController()
        return breaker.execute(
          () => {
            caller.abort()
            return fail()
          },
          { signal: caller.signal },
        )
      },
      () => breaker.execute(succeed, { signal: AbortSignal.abort() }),
    ]
    for (const call of [...ignored, ...ignored]) {
      await expect(call()).rejects.toThrow()
      expect(breaker.getTimeUntilNextAttempt()).toBe(0)
    }
    expect(await breaker.execute(succeed)).toBe('fine')
    expect(breaker.isClosed()).toBe(true)
  })

  it('does not last for ever when a probe never reports: halfOpenMaxWait ends it (resilience4j #935)', async () => {
    const { clock, breaker } = await readyToProbe({ halfOpenMaxWait: '3s' })
    void breaker.execute(never)
    clock.jump(2_999)
    await expect(breaker.execute(succeed)).rejects.toMatchObject({ state: 'HALF_OPEN', retryAfterMs: 1 })
    clock.jump(1)
    await expect(breaker.execute(succeed)).rejects.toMatchObject({ state: 'OPEN', retryAfterMs: 1_000 })
    clock.jump(1_000)
    expect(await breaker.execute(succeed)).toBe('fine')
    expect(breaker.isClosed()).toBe(true)
  })

  it('200 calls at once admit only the permitted (resilience4j #1432)', async () => {
    const { breaker } = await readyToProbe({ halfOpenCalls: 4 })
    const probe = held()
    let ran = 0
    const calls = Array.from({ length: 200 }, () =>
      breaker.execute(() => {
        ran++
        return probe.call()
      }),
    )
    probe.succeed()
    const settled = await Promise.allSettled(calls)
    expect(ran).toBe(4)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
  })
})

describe('timeouts', () => {
  it('one call that runs out of time aborts no other, at the same time or later (opossum #780, #861)', async () => {
    const clock = new FakeClock()
    const breaker = new CircuitBreaker({ failureThreshold: 9, timeout: '1s' }, clock)
    const signals: AbortSignal[] = []
    const call = (ms: number) =>
      breaker.execute(({ signal }) => {
        signals.push(signal)
        return clock.sleep(ms)
      })
    const slow = expect(call(5_000)).rejects.toBeInstanceOf(TimeoutError)
    await clock.advance(500)
    const other = call(900)
    await clock.advance(500)
    await slow
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    await clock.advance(400)
    await other
    const next = call(100)
    await clock.advance(100)
    await next
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false, false])
  })
})

describe('options and observers', () => {
  it('an explicit undefined undoes no default, which spreading options over defaults does', async () => {
    const names = ['failureThreshold', 'minimumCalls', 'slidingWindow', 'successThreshold', 'resetTimeout', 'resetBackoff', 'halfOpenCalls']
    const explicit: CircuitBreakerOptions = Object.fromEntries(names.map((name) => [name, undefined]))
    expect(new CircuitBreaker(explicit).options).toEqual(new CircuitBreaker().options)
    expect(new CircuitBreakers().getOrCreate('prices', { ...explicit, name: undefined }).options.name).toBe('prices')
    const window = new CircuitBreaker({ slidingWindow: { type: 'time', size: undefined } }).options.slidingWindow
    expect(window).toEqual({ type: 'time', size: 10_000 })
  })

  it('a listener that throws fails no call and keeps no state from changing', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const throwing = () => {
      throw new Error('listener')
    }
    const breaker = new CircuitBreaker({ failureThreshold: 1, onStateChange: throwing })
    breaker.on('success', throwing).on('failure', throwing).on('stateChange', throwing)
    expect(await breaker.execute(succeed)).toBe('fine')
    await expect(breaker.execute(fail)).rejects.toThrow('down')
    expect(breaker.isOpen()).toBe(true)
    expect(warning).toHaveBeenCalledTimes(4)
    warning.mockRestore()
  })
})

it('an open circuit that was stored does not stay open for ever on a machine whose clock was set back', async () => {
  const { breaker } = await readyToProbe()
  const machine = new FakeClock(0, 0)
  const restored = new CircuitBreaker({ resetTimeout: 1_000 }, machine)
  restored.restore(JSON.parse(JSON.stringify(breaker)) as CircuitBreakerSnapshot)
  machine.jump(1_000)
  expect(await restored.execute(succeed)).toBe('fine')
})
