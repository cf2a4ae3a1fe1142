import { type Call, type CallContext, type CallOptions, type Policy, toContext } from './policy.js'

/**
 * One policy of several, outermost first: `compose(retry, breaker, timeout)` retries calls that a circuit guards and that each have their
 * own time. Without policies it only calls.
 */
export function compose(...policies: readonly Policy[]): Policy {
  return (
    policies.reduceRight<Policy | undefined>((inner, outer) => (inner === undefined ? outer : new Nested(outer, inner)), undefined) ??
    unguarded
  )
}

class Nested implements Policy {
  readonly #outer: Policy
  readonly #inner: Policy

  constructor(outer: Policy, inner: Policy) {
    this.#outer = outer
    this.#inner = inner
  }

  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    return this.#outer.execute((callContext) => this.#inner.execute(call, callContext), context)
  }
}

const unguarded: Policy = {
  execute: async (call, context) => call(toContext(context)),
}
