import { type ConfigProblem, type Duration, type OptionsReader, problemsOf, show } from '@hazeljs/core'
import type { MetricsCollector } from '../metrics/metrics-collector.js'

/** Without Redis: each replica keeps its part of the limit for itself. */
export interface LocalFallbackOptions {
  /** How many processes share the limit. Each admits `max / replicas`, rounded down but at least 1, and refills as much slower. Default 1. */
  readonly replicas?: number | undefined
}

export interface RedisRateLimiterOptions {
  /** The largest burst, in calls; from 1. */
  readonly max: number
  readonly window: Duration
  /** Calls that come back each second. Default: `max` in each `window`. All of `max` has to be back in 50 days. */
  readonly refillRate?: number | undefined
  /**
   * Opens the names of the keys in Redis. Limiters with the same prefix share one count a key, so give every limit its own; whatever
   * stands under these keys is theirs, and is replaced. Default `hazeljs:limit:`.
   */
  readonly keyPrefix?: string | undefined
  /** How long a decision waits for Redis before the fallback decides. Default 100 ms. */
  readonly timeout?: Duration | undefined
  /**
   * Who decides while Redis is away. `closed`: nobody, all calls are denied. Default `{ replicas: 1 }`: each replica for itself, from a full
   * bucket when Redis goes.
   */
  readonly fallback?: LocalFallbackOptions | 'closed' | undefined
  /** How long Redis is left alone after a failure, before one call asks again. Default 1 s. */
  readonly probe?: Duration | undefined
  /** Told when Redis was lost, and why: once, until it is back. What it throws is reported as a warning of the process. */
  readonly onFallback?: ((error: Error) => void) | undefined
  /** Told when Redis decides again. What it throws is reported as a warning of the process. */
  readonly onRecovery?: (() => void) | undefined
  /** Records the calls of `execute` that were admitted, the wait for the decision included. Default: none, and nothing is timed for it. */
  readonly metrics?: MetricsCollector | undefined
}

export const defaultKeyPrefix = 'hazeljs:limit:'
export const defaultDecisionTimeoutMs = 100
export const defaultReplicas = 1
export const defaultProbeMs = 1_000

/** Options after checking. */
export interface ResolvedRedisRateLimiterOptions {
  readonly max: number
  readonly windowMs: number
  /** How long one token takes to come back; in whole nanoseconds, rounded up. */
  readonly tokenNs: number
  readonly keyPrefix: string
  readonly timeoutMs: number
  readonly fallback: { readonly max: number; readonly refillRate: number } | 'closed'
  readonly probeMs: number
  readonly onFallback: ((error: Error) => void) | undefined
  readonly onRecovery: (() => void) | undefined
  readonly metrics: MetricsCollector | undefined
}

const nsPerMs = 1_000_000
const nsPerSecond = 1_000_000_000
/** Of all tokens together: with one more call on top it stays a whole number that a double can hold. */
const longestRefillNs = 50 * 24 * 3_600 * nsPerSecond
/** Calls a second, as of the local limiters. */
const refillRates = { min: 0.000_001, max: 1_000_000_000 }

/** What is wrong with `options`; empty when a limiter can be made of them. */
export function redisRateLimiterProblems(options: RedisRateLimiterOptions): readonly ConfigProblem[] {
  return problemsOf(readOptions, options)
}

export function readOptions(options: OptionsReader<RedisRateLimiterOptions>): ResolvedRedisRateLimiterOptions {
  const max = options.number(options.required('max'), 1, { min: 1, max: 1_000_000_000, integer: true })
  const windowMs = options.duration(options.required('window'), 1, 1)
  const refillRate = options.number('refillRate', undefined, refillRates)
  const tokenNs = Math.ceil(refillRate === undefined ? (windowMs * nsPerMs) / max : nsPerSecond / refillRate)
  if (max * tokenNs > longestRefillNs)
    options.add('refillRate', `all of max has to be back in 50 days, with ${refillRate ?? 0} a second it is not`)
  return {
    max,
    windowMs,
    tokenNs,
    keyPrefix: options.string('keyPrefix', defaultKeyPrefix),
    timeoutMs: options.duration('timeout', defaultDecisionTimeoutMs, 1),
    fallback: readFallback(options, max, tokenNs),
    probeMs: options.duration('probe', defaultProbeMs, 1),
    onFallback: options.function('onFallback'),
    onRecovery: options.function('onRecovery'),
    metrics: options.able('metrics', 'MetricsCollector', 'recordSuccess'),
  }
}

function readFallback(
  options: OptionsReader<RedisRateLimiterOptions>,
  max: number,
  tokenNs: number,
): ResolvedRedisRateLimiterOptions['fallback'] {
  const given: unknown = options.value('fallback')
  if (given === 'closed') return given
  if (typeof given === 'string') options.add('fallback', `expected 'closed' or { replicas }, got ${show(given)}`)
  const fallback = options.object('fallback', typeof given === 'string' ? {} : given)
  const replicas = fallback.number('replicas', defaultReplicas, { min: 1, max: 100_000, integer: true })
  const refillRate = nsPerSecond / (tokenNs * replicas)
  if (refillRate < refillRates.min) fallback.add('replicas', 'leaves each replica less than one call in 11 days')
  return { max: Math.max(1, Math.floor(max / replicas)), refillRate }
}
