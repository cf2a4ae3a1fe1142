import { ConfigError, type OptionsReader, problemsOf, show } from '@hazeljs/core'

/** Who waits less in a bulkhead's queue: places go to `high` first, to `low` last, and within one priority to whoever came first. */
export type Priority = 'high' | 'normal' | 'low'

/** What a caller may hand to `execute`: what the policies on the way want to know of this call. */
export interface CallOptions {
  /** Calls the work off: pauses end, queue places are given up, and the signal that the call sees aborts. */
  readonly signal?: AbortSignal | undefined
  /** Whose limit a keyed rate limiter charges. Default: the limit of all who name none. */
  readonly key?: string | undefined
  /** How many calls it counts for at a rate limiter. Default 1. */
  readonly cost?: number | undefined
  /** Default `normal`. */
  readonly priority?: Priority | undefined
  /** `false`: it must not happen twice, so that it is neither hedged nor, once it may have run, retried. Default `true`. */
  readonly idempotent?: boolean | undefined
  /** What the guarded function was called with, for fallbacks to look at. Decorators fill it in. */
  readonly args?: readonly unknown[] | undefined
  /** What `this` was, where a method was called. Decorators fill it in. */
  readonly self?: unknown
}

/** By name, the `typeof` of its values. The others are left to the reader. */
const kinds: Readonly<Record<string, string>> = {
  key: 'string',
  cost: 'number',
  idempotent: 'boolean',
} satisfies Partial<Record<keyof CallOptions, string>>

/**
 * What is wrong with what was handed to `execute`; `undefined`: nothing. A mistyped `idempotent` would charge a card three times. A look at
 * the types goes before, for the reader costs ten times as much.
 */
export function callOptionsError(given: CallOptions): ConfigError | undefined {
  if (looksRight(given)) return undefined
  const problems = problemsOf(readCallOptions, given)
  return problems.length === 0 ? undefined : new ConfigError('execute', problems)
}

/** What was handed to `execute` in the place of a call. */
export function noFunctionError(call: unknown): ConfigError {
  const isPromise = typeof call === 'object' && call !== null && 'then' in call
  // Nobody will wait for it, and its rejection must not end the process.
  if (isPromise) Promise.resolve(call).catch(() => undefined)
  const message = `expected a function, got ${isPromise ? 'a promise' : show(call)}; write execute(() => …)`
  return new ConfigError('execute', [{ path: 'call', message }])
}

function looksRight(given: CallOptions): boolean {
  if (typeof given !== 'object' || (given as CallOptions | null) === null || 'aborted' in given) return false
  for (const name in given) {
    const value = given[name as keyof CallOptions]
    if (value === undefined || name === 'args' || name === 'self') continue
    if (name === 'signal' ? !(value instanceof AbortSignal) : typeof value !== kinds[name]) return false
  }
  return true
}

function readCallOptions(options: OptionsReader<CallOptions & { readonly aborted?: boolean }>): void {
  if (options.value('aborted') !== undefined) options.add('', 'expected options, got a signal; write { signal }')
  options.able('signal', 'AbortSignal', 'addEventListener')
  options.string('key', undefined)
  options.number('cost', undefined)
  options.oneOf('priority', 'normal', ['high', 'normal', 'low'])
  options.boolean('idempotent', true)
  options.value('args')
  options.value('self')
}
