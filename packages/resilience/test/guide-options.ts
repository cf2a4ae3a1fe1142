import {
  AdaptiveConcurrencyLimiter,
  Bulkhead,
  CircuitBreaker,
  FallbackPolicy,
  Hedge,
  RateLimiter,
  RetryPolicy,
  standard,
  Timeout,
} from '@hazeljs/resilience'
import { RedisRateLimiter } from '@hazeljs/resilience/redis'
import { type PolicyContractOptions, simulate } from '@hazeljs/resilience/testing'
import * as adaptive from '../src/adaptive-concurrency/options.js'
import { defaultMaxQueue } from '../src/bulkhead/options.js'
import * as breaker from '../src/circuit-breaker/options.js'
import { defaultMaxKeys as defaultMethodKeys } from '../src/decorators/layer.js'
import type { MethodScope } from '../src/decorators/signatures.js'
import * as hedge from '../src/hedge/options.js'
import { defaultTotalTimeoutMs } from '../src/pipeline/standard-options.js'
import { defaultMaxKeys, defaultRateLimitStrategy } from '../src/rate-limiter/options.js'
import * as redis from '../src/redis/options.js'
import * as retry from '../src/retry/options.js'
import { defaultSeed } from '../src/testing/simulation/options.js'

/** A default as a table says it: numbers, of durations in milliseconds, in any unit; anything else as code. */
type Default = number | string | boolean

/** What a guide's table of options has to say. */
export interface DocumentedOptions {
  /** Makes, or only checks, what the options are of: throws, or rejects with, a ConfigError for wrong ones. */
  readonly make?: (options: never) => unknown
  /** In place of `make`, where wrong names are not refused. */
  readonly names?: readonly string[]
  /** In the order in which the table mentions them. An option that is missing here has no number for a default. */
  readonly defaults: Readonly<Record<string, readonly Default[]>>
}

const scope: Record<keyof MethodScope, true> = { scope: true, key: true, maxKeys: true }
const contract: Record<keyof PolicyContractOptions, true> = { failures: true, timeoutMs: true }
const client = { evalsha: () => Promise.resolve(), eval: () => Promise.resolve() }
const retries = retry.resolveRetryOptions({})
const { factor, maxMs, jitter } = breaker.defaultResetBackoff

/** By guide and heading. */
export const documented: Readonly<Record<string, DocumentedOptions>> = {
  'adaptive-concurrency.md#Options': {
    make: (options) => new AdaptiveConcurrencyLimiter(options),
    defaults: {
      initialLimit: [adaptive.defaultInitialLimit],
      minLimit: [adaptive.defaultMinLimit],
      maxLimit: [adaptive.defaultMaxLimit],
      window: [adaptive.defaultWindowMs],
      minSamples: [adaptive.defaultMinSamples],
      tolerance: [adaptive.defaultTolerance],
      eventLoopThreshold: [adaptive.defaultEventLoopThreshold],
    },
  },
  'bulkhead.md#Options': { make: (options) => new Bulkhead(options), defaults: { maxQueue: [defaultMaxQueue] } },
  'circuit-breaker.md#Options': {
    make: (options) => new CircuitBreaker(options),
    defaults: {
      failureRateThreshold: [breaker.defaultFailureRateThreshold],
      minimumCalls: [breaker.defaultMinimumCalls],
      slowCallDuration: [breaker.defaultSlowCallDurationMs],
      slidingWindow: [breaker.defaultCountWindowCalls],
      'slidingWindow.type': [breaker.resolveCircuitBreakerOptions({}).slidingWindow.type],
      'slidingWindow.size': [breaker.defaultCountWindowCalls, breaker.defaultTimeWindowMs],
      successThreshold: [breaker.defaultSuccessThreshold],
      resetTimeout: [breaker.defaultResetTimeoutMs],
      'resetBackoff.factor': [factor],
      'resetBackoff.max': [maxMs],
      'resetBackoff.jitter': [jitter],
    },
  },
  'decorators.md#Options': {
    names: Object.keys(scope),
    defaults: { scope: ['class'], maxKeys: [defaultMethodKeys, defaultMaxKeys] },
  },
  'fallback.md#Options': { make: (options) => new FallbackPolicy(() => 'instead', options), defaults: {} },
  'hedge.md#Options': {
    make: (options) => new Hedge(options),
    defaults: {
      quantile: [hedge.defaultHedgeQuantile],
      minSamples: [hedge.defaultHedgeMinSamples],
      maxHedges: [hedge.defaultMaxHedges],
    },
  },
  'pipelines.md#standard()': {
    make: standard,
    defaults: {
      timeout: [defaultTotalTimeoutMs],
      propagateDeadline: [false],
      retry: [retry.defaultMaxAttempts],
      circuitBreaker: [breaker.defaultFailureRateThreshold],
    },
  },
  'rate-limiter.md#Options': {
    make: (options) => new RateLimiter(options),
    defaults: { strategy: [defaultRateLimitStrategy], maxKeys: [defaultMaxKeys] },
  },
  'rate-limiter.md#Options of the Redis limiter': {
    make: (options) => new RedisRateLimiter(client, options),
    defaults: {
      keyPrefix: [redis.defaultKeyPrefix],
      timeout: [redis.defaultDecisionTimeoutMs],
      'fallback.replicas': [redis.defaultReplicas],
      probe: [redis.defaultProbeMs],
    },
  },
  'retry.md#Options': {
    make: (options) => new RetryPolicy(options),
    defaults: {
      maxAttempts: [retry.defaultMaxAttempts],
      backoff: [retries.backoff],
      baseDelay: [retry.defaultBaseDelayMs],
      maxDelay: [retry.defaultMaxDelayMs],
      jitter: [retries.jitter],
      maxRetryAfter: [retry.defaultMaxRetryAfterMs],
    },
  },
  'testing.md#Simulating an outage': { make: simulate, defaults: { seed: [defaultSeed], arrivals: ['regular'] } },
  'testing.md#A contract for your own policies': { names: Object.keys(contract), defaults: { failures: ['thrown'] } },
  'timeout.md#Options': { make: (options) => new Timeout(options), defaults: { propagate: [false] } },
}
