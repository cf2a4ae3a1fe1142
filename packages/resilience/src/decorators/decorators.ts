import { type Clock, type ConfigProblem, type OptionsReader, type Random, resolveOptions, show } from '@hazeljs/core'
import { Bulkhead } from '../bulkhead/bulkhead.js'
import { type BulkheadOptions, bulkheadProblems } from '../bulkhead/options.js'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import { type CircuitBreakerOptions, circuitBreakerProblems } from '../circuit-breaker/options.js'
import type { Policy } from '../policy.js'
import { type RateLimiterOptions, rateLimiterProblems } from '../rate-limiter/options.js'
import { RateLimiter } from '../rate-limiter/rate-limiter.js'
import { retryProblems, type RetryOptions } from '../retry/options.js'
import { RetryPolicy } from '../retry/retry-policy.js'
import { Timeout, timeoutProblems, type TimeoutOptions } from '../timeout/timeout.js'
import { memberName } from './declaring-class.js'
import { guardedMethod, type Method } from './guarded-method.js'
import { dividedOptions, Layer, type LayerOptions, readLayerOptions } from './layer.js'
import { methodSite } from './method-site.js'
import type { KeyFunction, MethodPolicyDecorator, MethodScope } from './signatures.js'

/** What a key function's type is where none is given. */
type NoKey = () => string

/** Stops calling the method while it keeps failing. The breaker's default `name` is that of class and method. */
export function WithCircuitBreaker<Key extends KeyFunction = NoKey>(
  options: CircuitBreakerOptions & MethodScope<Key> = {},
  clock?: Clock,
  random?: Random,
): MethodPolicyDecorator<Key> {
  const create = (own: CircuitBreakerOptions, name: string) => new CircuitBreaker({ ...own, name: own.name ?? name }, clock, random)
  return decorator('WithCircuitBreaker', options, circuitBreakerProblems, create)
}

/** Calls the method again after a failure that waiting may cure. */
export function WithRetry<Key extends KeyFunction = NoKey>(
  options: RetryOptions & MethodScope<Key> = {},
  clock?: Clock,
  random?: Random,
): MethodPolicyDecorator<Key> {
  return decorator('WithRetry', options, retryProblems, (own) => new RetryPolicy(own, clock, random))
}

/**
 * Gives each call of the method a limited time. With `propagate`, code inside finds the signal and the time left by `currentDeadline()`,
 * and policies there inherit them.
 */
export function WithTimeout<Key extends KeyFunction = NoKey>(
  options: number | string | (TimeoutOptions & MethodScope<Key>),
  clock?: Clock,
): MethodPolicyDecorator<Key> {
  return decorator('WithTimeout', options, timeoutProblems, (own) => new Timeout(own, clock))
}

/** Limits how many calls of the method run at the same time. */
export function WithBulkhead<Key extends KeyFunction = NoKey>(
  options: BulkheadOptions & MethodScope<Key>,
  clock?: Clock,
): MethodPolicyDecorator<Key> {
  return decorator('WithBulkhead', options, bulkheadProblems, (own) => new Bulkhead(own, clock))
}

/** Limits how many calls of the method are made in a time. With `key`, one limiter keeps a limit for each key. */
export function WithRateLimit<Key extends KeyFunction = NoKey>(
  options: RateLimiterOptions & MethodScope<Key>,
  clock?: Clock,
): MethodPolicyDecorator<Key> {
  return decorator('WithRateLimit', options, rateLimiterProblems, (own) => new RateLimiter(own, clock), 'charge')
}

/** Puts any policy around the method: one of your own, a pipeline, or one that several methods share. */
export function WithPolicy<Alternative = never>(policy: Policy<Alternative>): MethodPolicyDecorator<NoKey, Alternative> {
  return decorator(
    'WithPolicy',
    {},
    () => policyProblems(policy),
    () => policy,
  )
}

function policyProblems(policy: unknown): readonly ConfigProblem[] {
  const isPolicy = typeof policy === 'object' && policy !== null && 'execute' in policy && typeof policy.execute === 'function'
  return isPolicy ? [] : [{ path: '', message: `expected a policy, got ${show(policy)}` }]
}

function decorator<Options>(
  name: string,
  given: Options & (MethodScope | number | string),
  problemsOf: (options: Options) => readonly ConfigProblem[],
  create: (options: Options, name: string) => Policy<unknown>,
  keyed: LayerOptions['keyed'] = 'policy',
) {
  return (...args: readonly unknown[]): unknown => {
    const site = methodSite(name, args)
    const { own, shared } = dividedOptions(given, keyed)
    const layer = resolveOptions(
      `@${name} of ${memberName(site)}`,
      (options: OptionsReader<typeof shared>) => {
        for (const { path, message } of problemsOf(own as Options)) options.add(path, message)
        return readLayerOptions(options, keyed)
      },
      shared,
    )
    const guarded = guardedMethod(site.value as Method, site)
    guarded.layers.unshift(new Layer((method) => create(own as Options, method), layer))
    const { wrapper } = guarded
    return typeof site.holder === 'function' ? { ...(args[2] as PropertyDescriptor), value: wrapper } : wrapper
  }
}
