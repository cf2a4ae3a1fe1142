import {
  type Cancellation,
  type Clock,
  durationText,
  guardClock,
  neverCancelled,
  resolveOptions,
  systemClock,
  tell,
  toError,
} from '@hazeljs/core'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import { CircuitState } from '../circuit-breaker/circuit-state.js'
import type { PolicyDescription } from '../description.js'
import { RateLimitError } from '../errors.js'
import { recorded } from '../metrics/recorded.js'
import { type Call, type CallContext, type CallOptions, enter, type Policy, rootContext, toContext } from '../policy.js'
import { badRequest } from '../rate-limiter/limiter.js'
import { notAdmitted } from '../rate-limiter/queued-meter.js'
import { TokenBucketLimiter } from '../rate-limiter/token-bucket-limiter.js'
import { Gcra, type LimitDecision } from './gcra.js'
import { readOptions, type RedisRateLimiterOptions, type ResolvedRedisRateLimiterOptions } from './options.js'
import type { RedisScripts } from './redis-scripts.js'

/** The breaker around Redis is nobody's call: neither a caller's abort nor a deadline says anything about Redis. */
const unlimited = rootContext()

/**
 * A rate limit that many processes keep together: bursts of `max`, and as many calls as come back in the time after, counted by Redis on its
 * own clock in one round trip a decision. Redis 5 or later, alone or a cluster; each key is forgotten once all of its limit is free again.
 *
 * A Redis that fails, or does not answer within `timeout`, never holds callers up: the fallback decides at once, and after `probe` one call
 * asks Redis again. What a late answer took from the limit stays taken, so a call may be charged and denied, but none is admitted twice.
 *
 * ioredis needs no options for that: commands that it keeps while it is not connected (`enableOfflineQueue`, `maxRetriesPerRequest`) are late
 * answers like others. Listen to its `error` event, or it prints every failed attempt to connect. The limiter leaves connecting and
 * closing the client to its owner.
 */
export class RedisRateLimiter implements Policy {
  readonly #options: ResolvedRedisRateLimiterOptions
  readonly #clock: Clock
  readonly #gcra: Gcra
  readonly #breaker: CircuitBreaker
  /** `undefined`: closed. */
  readonly #local: TokenBucketLimiter | undefined
  #isAway = false

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(redis: RedisScripts, options: RedisRateLimiterOptions, clock: Clock = systemClock) {
    this.#options = resolveOptions(
      'RedisRateLimiter',
      (reader) => {
        if (!isClient(redis)) reader.add('redis', 'expected a client with evalsha and eval, such as one of ioredis')
        return readOptions(reader)
      },
      options,
    )
    const { max, tokenNs, timeoutMs, probeMs, fallback } = this.#options
    this.#clock = guardClock(clock)
    this.#gcra = new Gcra(redis, max, tokenNs)
    this.#local = fallback === 'closed' ? undefined : new TokenBucketLimiter({ ...fallback, window: 1 }, this.#clock)
    this.#breaker = new CircuitBreaker(
      {
        failureThreshold: 1,
        slidingWindow: { type: 'count', size: 1 },
        successThreshold: 1,
        resetTimeout: probeMs,
        timeout: timeoutMs,
        resultPredicate: (answer: LimitDecision | Error) => !isDecision(answer),
        onStateChange: (_from, to) => this.#onStateChange(to),
      },
      this.#clock,
    )
  }

  /**
   * Takes the call's `cost` from the limit of its `key` if it is there; all of it or nothing. Ends at once when the call is called off.
   *
   * @throws ConfigError for a key that is no string, and for a cost that no waiting can admit; RateLimitError when the time of a timeout
   * around it is over before the decision; the reason of another abort. Never for what happens to Redis.
   */
  async acquire(call?: CallContext | CallOptions): Promise<LimitDecision> {
    return this.#decide(toContext(call), true)
  }

  /** What {@link acquire} would decide now, without taking anything. @throws as `acquire`. */
  async peek(call?: CallContext | CallOptions): Promise<LimitDecision> {
    return this.#decide(toContext(call), false)
  }

  /** @throws RateLimitError when the limit is used up, or Redis is away and the fallback closed; as {@link acquire}; else what the call throws. */
  async execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = enter(call, context)
    const { metrics } = this.#options
    if (metrics === undefined) return this.#guard(call, callContext)
    return recorded(metrics, this.#clock, callContext, () => this.#guard(call, callContext))
  }

  describe(): PolicyDescription {
    const { max, windowMs, tokenNs, timeoutMs, fallback } = this.#options
    const refill = Math.abs(max * tokenNs - windowMs * 1e6) <= max ? '' : `, ${rateText(1e9 / tokenNs)}`
    const without = fallback === 'closed' ? fallback : `${fallback.max}, ${rateText(fallback.refillRate)}`
    return {
      policy: 'RedisRateLimiter',
      summary: `${max} in ${durationText(windowMs)}${refill}; without Redis ${without}`,
      queueTimeoutMs: timeoutMs,
    }
  }

  async #guard<T>(call: Call<T>, context: CallContext): Promise<T> {
    const { admitted, retryAfterMs } = await this.#decide(context, true)
    if (!admitted) throw new RateLimitError(retryAfterMs)
    return call(context)
  }

  #decide(context: CallContext, take: boolean): Promise<LimitDecision> {
    const { cancellation } = context
    if (cancellation.aborted) return Promise.reject(cancellation.reason)
    const { key = '', cost = 1 } = context.options
    const { max } = this.#options
    if (typeof key !== 'string' || !Number.isInteger(cost) || cost < 1 || cost > max) return Promise.reject(badRequest(key, cost, max))
    // Redis is known to be away: no promise of a breaker, and no error made only to be caught.
    if (this.#breaker.getTimeUntilNextAttempt() > 0) return Promise.resolve(this.#decideLocally(key, cost, take))
    return unlessAborted(this.#ask(key, cost, take), cancellation)
  }

  async #ask(key: string, cost: number, take: boolean): Promise<LimitDecision> {
    let answer: LimitDecision | Error
    try {
      // A failure is a result here, for the breaker takes some errors for cancellations, such as the AbortError of ioredis.
      answer = await this.#breaker.execute(() => this.#gcra.decide(this.#options.keyPrefix + key, cost, take).catch(toError), unlimited)
    } catch (timeoutOrOpen) {
      answer = toError(timeoutOrOpen)
    }
    if (isDecision(answer)) return answer
    this.#onFailure(answer)
    return this.#decideLocally(key, cost, take)
  }

  #decideLocally(name: string, cost: number, take: boolean): LimitDecision {
    const local = this.#local
    if (local === undefined || this.#options.fallback === 'closed') return denied(this.#options.max, 0, this.#breaker)
    const key = name === '' ? undefined : name
    const limit = this.#options.fallback.max
    if (cost > limit) return denied(limit, local.peek({ key }).remaining, this.#breaker) // only Redis can admit it
    const request = { key, cost }
    const taken = take && local.tryAcquire(request)
    const retryAfterMs = taken ? 0 : local.getRetryAfterMs(request)
    const { remaining, resetMs } = local.peek(request)
    return { admitted: taken || (!take && retryAfterMs === 0), limit, remaining, retryAfterMs, resetMs, source: 'local' }
  }

  #onFailure(error: Error): void {
    if (this.#isAway || this.#breaker.isClosed()) return
    this.#isAway = true
    const { onFallback } = this.#options
    if (onFallback !== undefined) tell('onFallback', () => onFallback(error))
  }

  #onStateChange(to: CircuitState): void {
    if (to !== CircuitState.CLOSED) return
    this.#isAway = false
    const { onRecovery } = this.#options
    if (onRecovery !== undefined) tell('onRecovery', onRecovery)
  }
}

/** Not whether it is an Error: those of another realm, as of a test runner's sandbox, are no instance. */
function isDecision(answer: LimitDecision | Error): answer is LimitDecision {
  return 'admitted' in answer
}

/** Until Redis is asked again, which may admit it. */
function denied(limit: number, remaining: number, redis: CircuitBreaker): LimitDecision {
  const untilProbeMs = redis.getTimeUntilNextAttempt()
  return { admitted: false, limit, remaining, retryAfterMs: untilProbeMs, resetMs: untilProbeMs, source: 'local' }
}

function isClient(redis: unknown): boolean {
  if (typeof redis !== 'object' || redis === null) return false
  return ['evalsha', 'eval'].every((name) => typeof (redis as Record<string, unknown>)[name] === 'function')
}

function rateText(perSecond: number): string {
  return `${Math.round(perSecond * 100) / 100} back a second`
}

function unlessAborted<T>(work: Promise<T>, cancellation: Cancellation): Promise<T> {
  if (cancellation === neverCancelled) return work
  return new Promise((resolve, reject) => {
    const onAbort = (reason: unknown) => reject(notAdmitted(reason, 0))
    cancellation.onAbort(onAbort)
    work.then(
      (value) => {
        cancellation.offAbort(onAbort)
        resolve(value)
      },
      (error: unknown) => {
        cancellation.offAbort(onAbort)
        reject(error)
      },
    )
  })
}
