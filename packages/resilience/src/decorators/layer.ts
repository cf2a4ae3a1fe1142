import { type OptionsReader, reportFault } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import { type Call, CallContext, type CallOptions, type Policy, toContext } from '../policy.js'
import type { KeyFunction, MethodScope } from './signatures.js'

/** Keys of a decorated method whose policies are remembered, where none says otherwise. */
export const defaultMaxKeys = 1_000

/** A call of a decorated method, as the policies around it see it. */
export interface MethodCall extends CallOptions {
  /** The method's `this`. */
  readonly self: unknown
  readonly args: unknown[]
}

/** How a decorator's policies are shared; after checking. */
export interface LayerOptions {
  readonly perInstance: boolean
  readonly key: KeyFunction | undefined
  /** `policy`: each key has its own. `charge`: one policy, which is told the key. */
  readonly keyed: 'policy' | 'charge'
  readonly maxKeys: number
  readonly metrics: MetricsCollector | undefined
}

type ScopeOptions = MethodScope & { readonly metrics?: MetricsCollector | undefined }

/** Divides what a decorator was given into the options of its policies and how they are shared. */
export function dividedOptions(given: unknown, keyed: LayerOptions['keyed']): { own: unknown; shared: ScopeOptions } {
  if (typeof given !== 'object' || given === null) return { own: given, shared: {} }
  const { scope, key, ...rest }: ScopeOptions = given
  const { maxKeys, ...own } = rest
  const { metrics } = own
  return keyed === 'charge' ? { own: rest, shared: { scope, key, metrics } } : { own, shared: { scope, key, maxKeys, metrics } }
}

export function readLayerOptions(options: OptionsReader<ScopeOptions>, keyed: LayerOptions['keyed']): LayerOptions {
  return {
    perInstance: options.oneOf('scope', 'class', ['class', 'instance']) === 'instance',
    key: options.function('key'),
    keyed,
    maxKeys: options.number('maxKeys', keyed === 'charge' ? 1 : defaultMaxKeys, { min: 1, integer: true }),
    metrics: options.value('metrics'),
  }
}

/** What one decorator puts around a method: a policy for all calls, or the one that a call's instance or key has. */
export class Layer implements Policy<unknown> {
  readonly options: LayerOptions
  readonly #create: (name: string) => Policy<unknown>
  readonly #policies = new WeakMap<object, Map<string | undefined, Policy<unknown>>>()
  #name = ''

  /** `create` is told the name of class and method. */
  constructor(create: (name: string) => Policy<unknown>, options: LayerOptions) {
    this.#create = create
    this.options = options
  }

  /** Whether each key has a policy of its own. */
  get perKey(): boolean {
    return this.options.key !== undefined && this.options.keyed === 'policy'
  }

  /** What to put into the pipeline of the method `name`: the policy itself, where there is but one. */
  placed(name: string): Policy<unknown> {
    this.#name = name
    return this.options.perInstance || this.options.key !== undefined ? this : this.policyOf(undefined)
  }

  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<unknown> {
    const callContext = toContext(context)
    const { self, args } = callContext.options as MethodCall
    const key = this.#keyOf(self, args)
    const policy = this.policyOf(self, key)
    if (key === undefined || this.perKey) return policy.execute(call, callContext)
    const { cancellation, attempt, options } = callContext
    return policy.execute(call, new CallContext(cancellation, attempt, callContext, { ...options, key }))
  }

  describe(): PolicyDescription {
    return this.#create(this.#name).describe?.() ?? { policy: 'Policy', summary: '' }
  }

  /** Made when it is first asked for. */
  policyOf(self: unknown, key?: string): Policy<unknown> {
    const holder = this.options.perInstance && isObject(self) ? self : this
    let policies = this.#policies.get(holder)
    if (policies === undefined) {
      policies = new Map<string | undefined, Policy<unknown>>()
      this.#policies.set(holder, policies)
    }
    const own = this.perKey ? key : undefined
    const known = policies.get(own)
    if (known !== undefined && own === undefined) return known
    policies.delete(own)
    const policy = known ?? this.#create(this.#name)
    policies.set(own, policy)
    if (policies.size > this.options.maxKeys) policies.delete(policies.keys().next().value)
    return policy
  }

  #keyOf(self: unknown, args: unknown[]): string | undefined {
    try {
      return this.options.key?.apply(self, args)
    } catch (fault) {
      reportFault('key', fault)
      return undefined
    }
  }
}

function isObject(value: unknown): value is object {
  return Object(value) === value
}
