import { FakeClock } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import type { Outcome } from '../outcome.js'
import { CircuitBreaker } from './circuit-breaker.js'
import type { CircuitBreakerOptions } from './options.js'
import type { CircuitBreakerSnapshot } from './snapshot.js'
import { Textbook, type Ticket } from './textbook.fixture.js'

const outcome = fc.constantFrom<Outcome>('success', 'success', 'failure', 'failure', 'failure', 'ignored')

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('call' as const), ms: fc.constantFrom(0, 0, 5, 40), outcome, throws: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
  // `place` chooses among the calls under way; `throws` whether it ends by an error or by a result.
  { weight: 6, arbitrary: fc.record({ do: fc.constant('end' as const), place: fc.nat(3), outcome, throws: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.nat(40), fc.nat(250)) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('isolate', 'disable', 'observeOnly', 'close', 'close', 'reset', 'restart') }) },
)

const options: fc.Arbitrary<CircuitBreakerOptions> = fc
  .record({
    thresholds: fc.constantFrom<CircuitBreakerOptions>(
      { failureThreshold: 3 },
      { failureRateThreshold: 50, minimumCalls: 4 },
      { failureThreshold: 4, slowCallRateThreshold: 40, slowCallDuration: 30, minimumCalls: 3 },
      { failureThreshold: 5, failureRateThreshold: 75, minimumCalls: 2, slowCallDuration: 10 },
    ),
    slidingWindow: fc.constantFrom({ type: 'count', size: 6 } as const, { type: 'time', size: 200 } as const),
    probes: fc.constantFrom({ successThreshold: 1 }, { successThreshold: 2 }, { successThreshold: 2, halfOpenCalls: 4 }),
    halfOpenMaxWait: fc.constantFrom(undefined, 30, 500),
    resetBackoff: fc.constantFrom(false, { factor: 3, max: 500, jitter: 0 }),
  })
  .map(({ thresholds, probes, ...rest }) => ({ resetTimeout: 100, ...thresholds, ...probes, ...rest }))

/** A call that the test ends. */
interface Running {
  readonly ticket: Ticket
  readonly settled: Promise<unknown>
  readonly end: (outcome: Outcome, throws: boolean) => void
}

class Ending extends Error {
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    super(outcome)
    this.outcome = outcome
  }
}

function start(breaker: CircuitBreaker, ticket: Ticket | 'rejected'): Running | undefined {
  let end: Running['end'] | undefined
  const settled = breaker
    .execute(
      () =>
        new Promise<Ending>((resolve, reject) => {
          end = (outcome, throws) => (throws ? reject : resolve)(new Ending(outcome))
        }),
    )
    .catch(() => undefined)
  expect(end === undefined ? 'rejected' : 'ran').toBe(ticket === 'rejected' ? ticket : 'ran')
  return ticket === 'rejected' || end === undefined ? undefined : { ticket, settled, end }
}

it('does what the textbook says, whatever calls, clocks and operators do', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.array(step, { maxLength: 150, size: 'max' }), async (given, steps) => {
      const clock = new FakeClock()
      const metrics = new MetricsCollector('1h', clock)
      const predicates: CircuitBreakerOptions = {
        resultPredicate: ({ outcome }: Ending) => outcome,
        failurePredicate: (error) => error instanceof Ending && error.outcome,
      }
      const breaker = new CircuitBreaker({ ...given, ...predicates, metrics }, clock)
      const textbook = new Textbook(breaker.options)
      const running: Running[] = []
      const finish = async (call: Running, outcome: Outcome, throws: boolean) => {
        textbook.end(call.ticket, outcome, clock.now())
        call.end(outcome, throws)
        await call.settled
      }
      for (const next of steps) {
        if (next.do === 'wait') clock.jump(next.ms)
        else if (next.do === 'begin') {
          const call = start(breaker, textbook.begin(clock.now()))
          if (call !== undefined) running.push(call)
        } else if (next.do === 'call') {
          const call = start(breaker, textbook.begin(clock.now()))
          clock.jump(next.ms)
          if (call !== undefined) await finish(call, next.outcome, next.throws)
        } else if (next.do === 'end') {
          const [call] = running.splice(next.place, 1)
          if (call !== undefined) await finish(call, next.outcome, next.throws)
        } else operate(next.do, breaker, textbook, clock.now())
        expectSame(breaker, textbook, clock.now())
        const { totalCalls, failureCalls } = metrics.getSnapshot()
        expect([totalCalls, failureCalls]).toEqual([textbook.recorded.length, textbook.recorded.filter((failed) => failed).length])
      }
    }),
    { numRuns: 200 },
  )
})

function operate(operation: string, breaker: CircuitBreaker, textbook: Textbook, nowMs: number): void {
  if (operation === 'restart') {
    breaker.restore(JSON.parse(JSON.stringify(breaker)) as CircuitBreakerSnapshot)
    textbook.restart(nowMs)
  } else if (operation === 'close' || operation === 'reset') {
    breaker[operation]()
    textbook.close()
    if (operation === 'reset') Object.assign(textbook, { rejectedCalls: 0, wouldHaveRejected: 0 })
  } else {
    const states = { isolate: 'FORCED_OPEN', disable: 'DISABLED', observeOnly: 'METRICS_ONLY' } as const
    const manual = operation as keyof typeof states
    breaker[manual]()
    textbook.force(states[manual])
  }
}

function expectSame(breaker: CircuitBreaker, textbook: Textbook, nowMs: number): void {
  const window = textbook.window(nowMs)
  const failures = window.filter(({ failed }) => failed).length
  expect(breaker.getMetrics()).toMatchObject({
    state: textbook.state,
    totalCalls: window.length,
    failureCalls: failures,
    successCalls: window.length - failures,
    slowCalls: window.filter(({ slow }) => slow).length,
    rejectedCalls: textbook.rejectedCalls,
    wouldHaveRejected: textbook.wouldHaveRejected,
  })
  expect(breaker.getTimeUntilNextAttempt()).toBe(textbook.timeUntilNextAttempt(nowMs))
  expect({ failures: breaker.getFailureCount(), successes: breaker.getSuccessCount() }).toEqual(textbook.counts(nowMs))
}
