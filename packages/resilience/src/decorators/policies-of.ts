import { type AnyClass, ConfigError } from '@hazeljs/core'
import { Bulkhead } from '../bulkhead/bulkhead.js'
import { CircuitBreaker } from '../circuit-breaker/circuit-breaker.js'
import type { PolicyDescription } from '../description.js'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import { descriptionOf, NestedPolicies } from '../pipeline/pipeline.js'
import type { Policy } from '../policy.js'
import { RateLimiter } from '../rate-limiter/rate-limiter.js'
import { RetryPolicy } from '../retry/retry-policy.js'
import { Timeout } from '../timeout/timeout.js'
import { methodNames, nearestOf } from './declaring-class.js'
import { findGuarded, type GuardedMethod } from './guarded-method.js'
import { type Layer } from './layer.js'
import type { IsHidden } from './signatures.js'

/** The policies around a decorated method; of several of a kind the outermost. */
export interface MethodPolicies {
  /** All of them, outermost first, the fallback included. */
  readonly policies: readonly Policy<unknown>[]
  readonly circuitBreaker: CircuitBreaker | undefined
  readonly retry: RetryPolicy | undefined
  readonly timeout: Timeout | undefined
  readonly bulkhead: Bulkhead | undefined
  readonly rateLimiter: RateLimiter | undefined
  /** The collector that the decorators were given. */
  readonly metrics: MetricsCollector | undefined
  describe(): PolicyDescription
  /** Resets the policies that can be, such as circuit breakers, and the metrics. */
  reset(): void
}

type HiddenName<T, Name extends string | symbol> =
  true extends IsHidden<T extends { readonly prototype: infer P } ? P | T : T, Name> ? Name : `There is no method ${Name & string}`

/**
 * The policies of a decorated method, to look at and to reset. Of a class, these are those of its instances' method, or else of its
 * static one. `key` names one of those that a decorator with `key` keeps.
 *
 * @throws ConfigError when the method is not decorated, or a decorator keeps a policy for each instance or key and none is named.
 */
export function policiesOf<Prototype extends object>(
  target: { readonly prototype: Prototype },
  method: (string | symbol) & keyof Prototype,
  key?: string,
): MethodPolicies
export function policiesOf<T extends object>(target: T, method: (string | symbol) & keyof T, key?: string): MethodPolicies
export function policiesOf<T extends object, const Name extends string | symbol>(
  target: T,
  method: HiddenName<T, Name>,
  key?: string,
): MethodPolicies
export function policiesOf(target: object, method: string | symbol, key?: string): MethodPolicies {
  const isClass = typeof target === 'function'
  const owner: AnyClass = isClass ? target : target.constructor
  const homes = isClass ? [target.prototype as object, target] : [Object.getPrototypeOf(target) as object]
  const home = homes.find((one) => findGuarded(one, method) !== undefined)
  const guarded = home === undefined ? undefined : findGuarded(home, method)
  const refuse = (message: string) => {
    return new ConfigError('policiesOf', [{ path: `${owner.name}.${String(method)}`, message }])
  }
  if (guarded === undefined) {
    const decorated = homes.flatMap((one) => methodNames(one).filter((name) => findGuarded(one, name) !== undefined))
    throw refuse(`has no policies; ${nearestOf(method, decorated)}`)
  }
  const stack: GuardedMethod[] = []
  for (let next: GuardedMethod | undefined = guarded; next !== undefined; next = next.inner) stack.push(next)
  const layers = stack.flatMap((one) => one.layers)
  if (isClass && home !== target && layers.some(({ options }) => options.perInstance))
    throw refuse('has policies for each instance; give one')
  if (key === undefined && layers.some(({ perKey }) => perKey)) throw refuse('has policies for each key; give one')
  const placed = stack.flatMap((one) => one.pipelineOf(owner).policies)
  const policies = placed.map((policy) => (isLayer(policy) ? policy.policyOf(target, key) : policy))
  return handle(
    policies,
    layers.map(({ options }) => options.metrics).find((metrics) => metrics !== undefined),
  )
}

function handle(policies: readonly Policy<unknown>[], metrics: MetricsCollector | undefined): MethodPolicies {
  // By name, too, for the class may be decorated by another copy of the package.
  const find = <P>(kind: abstract new (...args: never[]) => P, name: string) =>
    policies.find((policy): policy is P & Policy<unknown> => policy instanceof kind || descriptionOf(policy).policy === name)
  return {
    policies,
    circuitBreaker: find(CircuitBreaker, 'CircuitBreaker'),
    retry: find(RetryPolicy, 'RetryPolicy'),
    timeout: find(Timeout, 'Timeout'),
    bulkhead: find(Bulkhead, 'Bulkhead'),
    rateLimiter: find(RateLimiter, 'RateLimiter'),
    metrics,
    describe: () => new NestedPolicies(policies, []).describe(),
    reset() {
      for (const policy of policies) if (isResettable(policy)) policy.reset()
      metrics?.reset()
    },
  }
}

function isLayer(policy: Policy<unknown>): policy is Layer {
  return 'policyOf' in policy
}

function isResettable(policy: object): policy is { reset(): unknown } {
  return 'reset' in policy && typeof policy.reset === 'function'
}
