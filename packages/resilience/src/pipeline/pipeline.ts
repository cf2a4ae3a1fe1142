import { reportFault } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import { type Call, type CallContext, type CallOptions, enter, type Policy } from '../policy.js'

/** An order of policies that defeats one of them. */
export interface PipelineWarning {
  /** Stable: what kind of mistake it is. */
  readonly code:
    | 'ATTEMPTS_MULTIPLY'
    | 'FAILURES_HIDDEN'
    | 'HEDGE_NEVER_MADE'
    | 'NEVER_SLOW'
    | 'POLICY_REPEATED'
    | 'QUEUE_TIMEOUT_NEVER_FIRES'
    | 'RETRIES_NEVER_MADE'
    | 'TIMEOUT_NEVER_FIRES'
  /** What is wrong, why, and what to do about it. */
  readonly message: string
  /** Where in the pipeline the policies stand that it is about: from 0, outermost first. */
  readonly policies: readonly number[]
}

/** Several policies as one. */
export interface Pipeline<Alternative = never> extends Policy<Alternative> {
  /** Outermost first; those of a pipeline inside stand in its place. */
  readonly policies: readonly Policy<unknown>[]
  /** What `lint` found when it was made. */
  readonly warnings: readonly PipelineWarning[]
  describe(): PolicyDescription
  /** What it does, to be read in a terminal: one policy a line, each indented under the one around it. */
  toString(): string
}

export class NestedPolicies<Alternative> implements Pipeline<Alternative> {
  readonly policies: readonly Policy<unknown>[]
  readonly warnings: readonly PipelineWarning[]
  readonly #outermost: Policy<unknown>
  /** The others, innermost first, as {@link execute} wraps them around the call. */
  readonly #inner: readonly Policy<unknown>[]

  constructor(policies: readonly Policy<unknown>[], warnings: readonly PipelineWarning[]) {
    this.policies = Object.freeze([...policies])
    this.warnings = Object.freeze([...warnings])
    this.#outermost = policies[0] ?? unguarded
    this.#inner = policies.slice(1).reverse()
  }

  /**
   * All wrapping is done before the first policy runs, so that an attempt of a retry makes nothing anew. Every policy gets a CallContext,
   * so that one of the user's own may pass on what it was given.
   */
  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T | Alternative> {
    let step: Call<unknown> = call
    for (const policy of this.#inner) step = guardedBy(policy, step)
    return this.#outermost.execute(step, enter(call, context)) as Promise<T | Alternative>
  }

  describe(): PolicyDescription {
    const policies = stagesOf(this.policies).map(({ description }) => description)
    return { policy: 'Pipeline', summary: policies.map(({ policy }) => policy).join(' → '), policies }
  }

  toString(): string {
    const lines = stagesOf(this.policies).map(({ description: { policy, summary } }, depth) => {
      return '  '.repeat(depth) + policy + (summary && `: ${summary}`)
    })
    return lines.join('\n')
  }
}

/** The policies of pipelines in place of the pipelines. */
export function flattened(policies: readonly Policy<unknown>[]): readonly Policy<unknown>[] {
  return policies.flatMap((policy) => (policy instanceof NestedPolicies ? policy.policies : [policy]))
}

interface Stage {
  /** Two stages with the same one are the same object. */
  readonly identity: object
  readonly description: PolicyDescription
}

/** One for each policy; several for one of the user's own that describes itself as a pipeline. */
export function stagesOf(policies: readonly Policy<unknown>[]): readonly Stage[] {
  return flattened(policies).flatMap((policy): Stage[] => {
    const description = descriptionOf(policy)
    return description.policies?.map((inner) => ({ identity: inner, description: inner })) ?? [{ identity: policy, description }]
  })
}

export function descriptionOf(policy: Policy<unknown>): PolicyDescription {
  try {
    const description = policy.describe?.()
    if (description !== undefined) return description
  } catch (fault) {
    reportFault('describe', fault)
  }
  return { policy: policy.constructor.name, summary: '' }
}

function guardedBy(policy: Policy<unknown>, step: Call<unknown>): Call<unknown> {
  return (context) => policy.execute(step, context)
}

const unguarded: Policy = {
  execute: async (call, context) => {
    const callContext = enter(call, context)
    if (callContext.aborted) throw callContext.cancellation.reason
    return call(callContext)
  },
}
