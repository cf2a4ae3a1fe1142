// Who is measured: ours, and what cockatiel and opossum have of the same kind, each with the defaults of its documentation and limits that no call
// reaches. A contestant is made around `call` and gives the function that is measured.
import {
  bulkhead,
  circuitBreaker,
  CountBreaker,
  ExponentialBackoff,
  fallback,
  handleAll,
  retry,
  SamplingBreaker,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel'
import Opossum from 'opossum'
import * as hazel from '@hazeljs/resilience'

/**
 * @typedef {() => Promise<number>} Call
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} title
 * @property {number} [most] issue B's bar for ours: ns above the bare call, beyond the clock reads
 * @property {boolean} [answersFailures] a failure of the call does not come out
 * @property {(call: Call, clock?: import('@hazeljs/core').Clock) => Call} ours
 * @property {(call: Call) => Call} [cockatiel]
 * @property {(call: Call) => Call} [opossum]
 */

const WINDOW_CALLS = 100
const WINDOW_MS = 10_000
const ATTEMPT_MS = 10_000
const TOTAL_MS = 30_000
const RETRIES = 3
const CONCURRENT = 10
const UNREACHED = { max: 1_000_000_000, window: 1_000 }
const timeWindow = { slidingWindow: { type: 'time', size: WINDOW_MS } }

/** Both families have one verb. */
const through = (policy) => (call) => () => policy.execute(call)
const oursThrough = (create) => (call, clock) => through(create(clock))(call)

const breakerOn = (breaker) => circuitBreaker(handleAll, { halfOpenAfter: 5_000, breaker })
const countBreaker = () => breakerOn(new CountBreaker({ threshold: 0.5, size: WINDOW_CALLS }))
const timeBreaker = () => breakerOn(new SamplingBreaker({ threshold: 0.5, duration: WINDOW_MS }))
const retries = () => retry(handleAll, { maxAttempts: RETRIES, backoff: new ExponentialBackoff() })
/** Aggressive, as ours: the caller is told at once. */
const limitedTo = (ms) => timeout(ms, TimeoutStrategy.Aggressive)

const fired = (options) => (call) => {
  const breaker = new Opossum(call, options)
  return () => breaker.fire()
}

/** @type {readonly Row[]} */
export const rows = [
  {
    name: 'breaker-count',
    title: 'circuit breaker, count window',
    most: 140,
    ours: oursThrough((clock) => new hazel.CircuitBreaker({}, clock)),
    cockatiel: (call) => through(countBreaker())(call),
  },
  {
    name: 'breaker-time',
    title: 'circuit breaker, time window',
    ours: oursThrough((clock) => new hazel.CircuitBreaker(timeWindow, clock)),
    cockatiel: (call) => through(timeBreaker())(call),
    opossum: fired({ timeout: false }),
  },
  {
    name: 'breaker-timeout',
    title: 'circuit breaker, time window, with a timeout',
    ours: oursThrough((clock) => new hazel.CircuitBreaker({ ...timeWindow, timeout: ATTEMPT_MS }, clock)),
    cockatiel: (call) => through(wrap(timeBreaker(), limitedTo(ATTEMPT_MS)))(call),
    opossum: fired({}),
  },
  {
    name: 'retry',
    title: 'retry',
    most: 140,
    ours: oursThrough((clock) => new hazel.RetryPolicy({ maxAttempts: RETRIES }, clock)),
    cockatiel: (call) => through(retries())(call),
  },
  {
    name: 'timeout',
    title: 'timeout',
    most: 400,
    ours: oursThrough((clock) => new hazel.Timeout(ATTEMPT_MS, clock)),
    cockatiel: (call) => through(limitedTo(ATTEMPT_MS))(call),
  },
  {
    name: 'bulkhead',
    title: 'bulkhead',
    most: 140,
    ours: oursThrough((clock) => new hazel.Bulkhead({ maxConcurrent: CONCURRENT }, clock)),
    cockatiel: (call) => through(bulkhead(CONCURRENT))(call),
  },
  {
    name: 'limiter-bucket',
    title: 'rate limiter, token bucket',
    ours: oursThrough((clock) => new hazel.RateLimiter(UNREACHED, clock)),
  },
  {
    name: 'limiter-window',
    title: 'rate limiter, sliding window',
    ours: oursThrough((clock) => new hazel.RateLimiter({ ...UNREACHED, strategy: 'sliding-window' }, clock)),
  },
  {
    name: 'fallback',
    title: 'fallback',
    answersFailures: true,
    ours: oursThrough((clock) => new hazel.FallbackPolicy(() => 0, {}, clock)),
    cockatiel: (call) => through(fallback(handleAll, 0))(call),
  },
  {
    name: 'hedge',
    title: 'hedge',
    ours: oursThrough((clock) => new hazel.Hedge({}, clock)),
  },
  {
    name: 'five',
    title: 'limiter, total timeout, retry, breaker, attempt timeout',
    most: 1_000,
    ours: oursThrough((clock) =>
      hazel.compose(
        new hazel.RateLimiter(UNREACHED, clock),
        new hazel.Timeout(TOTAL_MS, clock),
        new hazel.RetryPolicy({ maxAttempts: RETRIES }, clock),
        new hazel.CircuitBreaker({}, clock),
        new hazel.Timeout(ATTEMPT_MS, clock),
      ),
    ),
    cockatiel: (call) => through(wrap(limitedTo(TOTAL_MS), retries(), countBreaker(), limitedTo(ATTEMPT_MS)))(call),
  },
  {
    name: 'standard',
    title: 'standard(), which is these five with a retry budget',
    ours: oursThrough((clock) => hazel.standard({ rateLimit: UNREACHED }, clock)),
  },
]

export const CONTESTANTS = ['ours', 'cockatiel', 'opossum']

/** Measured beside them, to subtract and to compare with: the bare awaited call, a read of the clock, and a timer set and cleared. */
export const YARDSTICKS = ['bare', 'clock', 'timer']
