import {
  Bulkhead,
  CircuitBreaker,
  compose,
  FallbackPolicy,
  Hedge,
  type Policy,
  RateLimiter,
  RetryPolicy,
  standard,
  Timeout,
} from '@hazeljs/resilience'
import { type FakeClock, policyContract, type PolicyContractOptions, SeededRandom } from '@hazeljs/resilience/testing'
import { describe, it } from 'vitest'

const retry = (clock: FakeClock) => new RetryPolicy({ maxAttempts: 2 }, clock, new SeededRandom(1))
const pipeline = (clock: FakeClock) =>
  compose(
    new RateLimiter({ max: 1_000, window: '1m' }, clock),
    new Timeout('5s', clock), // less than what the attempts take together
    retry(clock),
    new Hedge({ delay: '1s' }, clock),
    new CircuitBreaker({ failureThreshold: 10 }, clock),
    new Bulkhead({ maxConcurrent: 20, maxQueue: 200 }, clock),
    new Timeout('2s', clock),
  )

const policies: [string, (clock: FakeClock) => Policy<unknown>, PolicyContractOptions?][] = [
  ['CircuitBreaker, count window', (clock) => new CircuitBreaker({ failureThreshold: 10 }, clock)],
  [
    'CircuitBreaker, time window and slow calls',
    (clock) =>
      new CircuitBreaker({ slidingWindow: { type: 'time', size: '1m' }, slowCallDuration: '1s', slowCallRateThreshold: 50 }, clock),
  ],
  ['CircuitBreaker with a timeout', (clock) => new CircuitBreaker({ timeout: '2s' }, clock), { timeoutMs: 2_000 }],
  ['RetryPolicy', retry, { failures: 'wrapped' }],
  ['RetryPolicy without retries', (clock) => new RetryPolicy({ maxAttempts: 0 }, clock)],
  ['Timeout', (clock) => new Timeout('2s', clock), { timeoutMs: 2_000 }],
  ['Timeout that is inherited', (clock) => new Timeout({ duration: '2s', propagate: true }, clock), { timeoutMs: 2_000 }],
  ['Bulkhead', (clock) => new Bulkhead({ maxConcurrent: 100 }, clock)],
  ['Bulkhead with a queue', (clock) => new Bulkhead({ maxConcurrent: 2, maxQueue: 98, queueTimeout: '1m' }, clock)],
  ['RateLimiter, token bucket', (clock) => new RateLimiter({ max: 1_000, window: '1m' }, clock)],
  ['RateLimiter, sliding window', (clock) => new RateLimiter({ strategy: 'sliding-window', max: 1_000, window: '1m' }, clock)],
  ['FallbackPolicy', (clock) => new FallbackPolicy(() => 'in its place', {}, clock), { failures: 'answered' }],
  ['FallbackPolicy that answers nothing', (clock) => new FallbackPolicy(() => 1, { fallbackPredicate: () => false }, clock)],
  ['Hedge', (clock) => new Hedge({ delay: 20, maxHedges: 2 }, clock)],
  ['Hedge at a quantile', (clock) => new Hedge({ minSamples: 10 }, clock)],
  ['standard()', (clock) => standard({}, clock, new SeededRandom(1)), { failures: 'wrapped', timeoutMs: 30_000 }],
  ['compose() of nothing', () => compose()],
  ['compose of all', pipeline, { failures: 'wrapped', timeoutMs: 5_000 }],
  [
    'compose of all under a fallback',
    (clock) => compose(new FallbackPolicy(() => 'in its place', {}, clock), pipeline(clock)),
    { failures: 'answered', timeoutMs: 5_000 },
  ],
]

describe.each(policies)('%s', (_name, make, options) => {
  policyContract({ describe, it }, make, options)
})
