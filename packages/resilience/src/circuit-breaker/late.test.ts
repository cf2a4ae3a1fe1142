import { CancelSource } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { expect, it } from 'vitest'
import { compose } from '../compose.js'
import { TimeoutError } from '../errors.js'
import { MetricsCollector } from '../metrics/metrics-collector.js'
import { CallContext } from '../policy.js'
import { Timeout } from '../timeout/timeout.js'
import { CircuitBreaker } from './circuit-breaker.js'

/** A call that ignores its signal, and what a breaker makes of its answer when the context was called off with `reason` meanwhile. */
async function answeredAfter(reason: unknown, attempt: number): Promise<readonly [calls: number, failures: number]> {
  const breaker = new CircuitBreaker()
  const source = new CancelSource()
  await breaker.execute(
    () => {
      source.abort(reason)
      return 'too late'
    },
    new CallContext(source, attempt),
  )
  const { totalCalls, failureCalls } = breaker.getMetrics()
  return [totalCalls, failureCalls]
}

it('counts an answer that comes when the time around it is over as a failure', async () => {
  expect(await answeredAfter(new TimeoutError(50), 1)).toEqual([1, 1])
})

it('ignores an answer for a caller who left, and one of a later attempt that had only the rest of the time', async () => {
  expect(await answeredAfter('gone', 1)).toEqual([0, 0])
  expect(await answeredAfter(new TimeoutError(50), 2)).toEqual([0, 0])
})

it('opens before a target that always answers too late', async () => {
  const clock = new FakeClock()
  const metrics = new MetricsCollector('1m', clock)
  const breaker = new CircuitBreaker({ failureThreshold: 3, metrics }, clock)
  const slow = compose(new Timeout(50, clock), breaker)
  for (let call = 0; call < 3; call++) {
    const outcome = expect(slow.execute(() => clock.sleep(100))).rejects.toMatchObject({ code: 'TIMEOUT' })
    await clock.advance(100)
    await outcome
  }
  expect(breaker.getState()).toBe('OPEN')
  expect(metrics.getSnapshot()).toMatchObject({ totalCalls: 3, failureCalls: 3 })
})
