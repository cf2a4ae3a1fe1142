import { type AnyClass, type DecoratorSite, MetadataSlot } from '@hazeljs/core'
import { FallbackPolicy } from '../fallback/fallback-policy.js'
import { lint } from '../pipeline/lint.js'
import { NestedPolicies, type Pipeline } from '../pipeline/pipeline.js'
import { isHolderOf, memberHome, memberName } from './declaring-class.js'
import type { Layer, MethodCall } from './layer.js'

export type Method = (this: unknown, ...args: unknown[]) => unknown

/** What decorators say of the methods of one class, its parents' left out. */
interface ClassDecorations {
  readonly guarded: Map<string | symbol, GuardedMethod>
  /** By the method they answer for: how to find the method that answers on the object whose method failed. */
  readonly fallbacks: Map<string | symbol, (self: unknown) => Method>
}

const instanceMembers = /* @__PURE__ */ new MetadataSlot<ClassDecorations>('hazeljs:resilience')
const staticMembers = /* @__PURE__ */ new MetadataSlot<ClassDecorations>('hazeljs:resilience:static')

const members = (isStatic: boolean) => (isStatic ? staticMembers : instanceMembers)

export function decorationsAt(site: DecoratorSite): ClassDecorations {
  return members(site.static).own(site.holder, () => ({ guarded: new Map(), fallbacks: new Map() }))
}

/** The stack that its own decorators put around `method`, which is known by its wrapper; a new one where they are the first. */
export function guardedMethod(method: Method, site: DecoratorSite): GuardedMethod {
  const { guarded } = decorationsAt(site)
  const known = guarded.get(site.key)
  if (known?.wrapper === method) return known
  const made = new GuardedMethod(method, site, known)
  guarded.set(site.key, made)
  return made
}

/** The decorated method that `home`, a prototype or a class, has or inherits; `undefined` where it is plain, as an override may be. */
export function findGuarded(home: object, key: string | symbol): GuardedMethod | undefined {
  const isStatic = typeof home === 'function'
  const owner = memberHome(home, key)
  const declaring = isStatic ? owner : owner?.constructor
  if (typeof declaring !== 'function') return undefined
  const found = members(isStatic).lineage(declaring).at(-1)?.guarded.get(key)
  return found?.isOf(declaring) === true ? found : undefined
}

/** A method in the stack of its decorators' policies. */
export class GuardedMethod {
  /** What stands in the class in place of the method. */
  readonly wrapper: Method
  /** Outermost first; each decorator adds its own in front. */
  readonly layers: Layer[] = []
  /** The same method below a decorator that is not ours; falling back is then the outer one's affair. */
  readonly inner: GuardedMethod | undefined
  readonly #site: DecoratorSite
  readonly #arity: number
  readonly #pipelines = new WeakMap<object, Pipeline<unknown>>()
  /** Whether another one around it falls back. */
  isInner = false
  #stack: Pipeline<unknown> | undefined

  constructor(method: Method, site: DecoratorSite, inner: GuardedMethod | undefined) {
    this.#site = site
    this.#arity = method.length
    this.inner = inner
    if (inner !== undefined) inner.isInner = true
    const pipelineFor = (self: unknown) => this.pipelineOf(this.#ownerOf(self))
    this.wrapper = function (...args) {
      const options: MethodCall = { self: this, args }
      return pipelineFor(this).execute(() => method.apply(this, args), options)
    }
    for (const property of ['name', 'length'] as const) {
      Object.defineProperty(this.wrapper, property, { value: method[property], configurable: true })
    }
  }

  isOf(declaring: AnyClass): boolean {
    return isHolderOf(this.#site.holder, declaring)
  }

  /** The policies of calls on instances of `owner`, composed at the first one; `undefined`: of calls without a `this`. */
  pipelineOf(owner: AnyClass | undefined): Pipeline<unknown> {
    const known = this.#pipelines.get(owner ?? this)
    if (known !== undefined) return known
    const { policies, warnings } = (this.#stack ??= this.#compose(owner))
    const fallback = this.#fallbackOf(owner)
    const pipeline = fallback === undefined ? this.#stack : new NestedPolicies<unknown>([fallback, ...policies], warnings)
    this.#pipelines.set(owner ?? this, pipeline)
    return pipeline
  }

  #compose(owner: AnyClass | undefined): Pipeline<unknown> {
    const name = memberName(this.#site, owner)
    const policies = this.layers.map((layer) => layer.placed(name))
    const warnings = lint(policies)
    for (const { code, message } of warnings) process.emitWarning(`${name}: ${message}`, { type: 'HazelPipelineWarning', code })
    return new NestedPolicies(policies, warnings)
  }

  #fallbackOf(owner: AnyClass | undefined): FallbackPolicy<unknown> | undefined {
    if (owner === undefined || this.isInner) return undefined
    const lineage = members(this.#site.static).lineage(owner)
    const find = lineage.map(({ fallbacks }) => fallbacks.get(this.#site.key)).findLast((found) => found !== undefined)
    if (find === undefined) return undefined
    return new FallbackPolicy((error, { options }) => {
      const { self, args } = options as MethodCall
      const missing = new Array<undefined>(Math.max(0, this.#arity - args.length)).fill(undefined)
      return find(self).call(self, ...args, ...missing, error)
    })
  }

  #ownerOf(self: unknown): AnyClass | undefined {
    const owner = this.#site.static ? self : (self as Partial<object> | null | undefined)?.constructor
    return typeof owner === 'function' ? owner : undefined
  }
}
