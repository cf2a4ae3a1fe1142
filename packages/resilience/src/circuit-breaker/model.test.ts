import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.js'

const failureThreshold = 3
const windowCalls = 6
const successThreshold = 2
const halfOpenCalls = 3
const resetTimeout = 100

type Step = { readonly do: 'call'; readonly outcome: 'success' | 'failure' | 'ignored' } | { readonly do: 'wait'; readonly ms: number }

/** The textbook, with lists where the breaker has totals. One call at a time. */
class Model {
  state: 'CLOSED' | 'OPEN' | 'HALF_OPEN' = 'CLOSED'
  #window: boolean[] = []
  #probes: boolean[] = []
  #untilMs = 0

  call(outcome: 'success' | 'failure' | 'ignored', nowMs: number): 'ran' | 'rejected' {
    if (this.state === 'OPEN') {
      if (nowMs < this.#untilMs) return 'rejected'
      this.state = 'HALF_OPEN'
      this.#probes = []
    }
    if (outcome !== 'ignored') this.#count(outcome === 'failure', nowMs)
    return 'ran'
  }

  #count(failed: boolean, nowMs: number): void {
    const list = this.state === 'HALF_OPEN' ? this.#probes : this.#window
    list.push(failed)
    if (this.#window.length > windowCalls) this.#window.shift()
    const failures = list.filter((one) => one).length
    if (failures >= (this.state === 'HALF_OPEN' ? halfOpenCalls - successThreshold + 1 : failureThreshold)) {
      this.state = 'OPEN'
      this.#untilMs = nowMs + resetTimeout
    } else if (this.state === 'HALF_OPEN' && list.length - failures >= successThreshold) {
      this.state = 'CLOSED'
      this.#window = []
    }
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      outcome: fc.constantFrom('success' as const, 'failure' as const, 'ignored' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 150 }) }) },
)

it('does what the textbook says, call by call', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const clock = new FakeClock()
      const model = new Model()
      const slidingWindow = { type: 'count', size: windowCalls } as const
      const options = {
        failureThreshold,
        slidingWindow,
        successThreshold,
        halfOpenCalls,
        resetTimeout,
        resultPredicate: (result: Step & { do: 'call' }) => result.outcome,
      }
      const breaker = new CircuitBreaker(options, clock)
      for (const next of steps) {
        if (next.do === 'wait') clock.jump(next.ms)
        else {
          const expected = model.call(next.outcome, clock.now())
          expect(
            await breaker
              .execute(() => next)
              .then(
                () => 'ran',
                () => 'rejected',
              ),
          ).toBe(expected)
        }
        expect(breaker.getState()).toBe(model.state)
      }
    }),
  )
})

it('never runs more probes than permitted, and never stays half-open for ever, whatever calls do', async () => {
  const probe = fc.record({ gapMs: fc.integer({ min: 0, max: 60 }), end: fc.constantFrom('success', 'failure', 'ignored', 'never') })
  await fc.assert(
    fc.asyncProperty(fc.array(probe, { minLength: 1, maxLength: 60 }), async (probes) => {
      const clock = new FakeClock()
      let running = 0
      const breaker = new CircuitBreaker(
        {
          failureThreshold: 1,
          successThreshold,
          halfOpenCalls,
          resetTimeout,
          failurePredicate: (error) => error.message === 'failure',
          onStateChange: () => (running = 0),
        },
        clock,
      )
      await breaker.execute(() => Promise.reject(new Error('failure'))).catch(() => undefined)
      for (const { gapMs, end } of probes) {
        await clock.advance(gapMs)
        void breaker
          .execute(() => {
            if (!breaker.isHalfOpen()) return 'not a probe'
            running++
            expect(running).toBeLessThanOrEqual(halfOpenCalls)
            if (end === 'never') return new Promise<string>(() => undefined)
            if (end === 'success') return Promise.resolve(end)
            if (end === 'ignored') running--
            return Promise.reject(new Error(end))
          })
          .catch(() => undefined)
        await clock.advance(0)
      }
      if (!breaker.isHalfOpen()) return
      // The first round takes the permits that are left, the second comes when the lost ones have run out of time.
      for (const waitMs of [0, resetTimeout]) {
        clock.jump(waitMs)
        for (let call = 0; call <= halfOpenCalls; call++) await breaker.execute(() => 'fine').catch(() => undefined)
      }
      expect(breaker.isHalfOpen()).toBe(false)
    }),
  )
})
