import { CircuitBreaker, compose, FallbackPolicy, RetryPolicy, Timeout } from '@hazeljs/resilience'
import { simulate } from '@hazeljs/resilience/testing'
import { expect, it } from 'vitest'

it('survives an outage of 30 s', async () => {
  const report = await simulate({
    seed: 7,
    pipeline: (clock, random, observe) =>
      compose(
        new FallbackPolicy(() => 'the price of yesterday', {}, clock),
        new RetryPolicy({ maxAttempts: 2, maxRetryAfter: '1s' }, clock, random), // an open circuit for longer is not waited for
        observe(new CircuitBreaker({ failureRateThreshold: 50, minimumCalls: 20, resetTimeout: '3s' }, clock, random)),
        new Timeout('500ms', clock),
      ),
    rate: 50,
    arrivals: 'poisson',
    target: [
      { for: '10s', latency: { min: '20ms', max: '80ms' }, failureRate: 2 },
      { for: '15s', latency: '5ms', failureRate: 100 }, // refuses
      { for: '15s', hang: true }, // and then does not answer at all
      { for: '20s', latency: { min: '20ms', max: '80ms' } },
    ],
  })
  console.log(String(report))

  expect(report.failed + report.rejected + report.unfinished).toBe(0) // every caller got a price
  expect(report.successLatency?.max).toBeLessThan(2_000) // and had not long to wait
  const duringOutage = report.timeline.slice(11, 40)
  expect(duringOutage.reduce((sum, { attempts }) => sum + attempts, 0)).toBeLessThan(200) // the target was left in peace
  expect(report.circuitChanges.at(-1)).toMatchObject({ to: 'CLOSED' }) // and found again when it was back
})
