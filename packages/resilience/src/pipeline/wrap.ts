import { ConfigError, show } from '@hazeljs/core'
import type { Policy } from '../policy.js'

/**
 * A function with the parameters of `fn`, and its `this`, whose calls go through `policy`. Fallbacks find the arguments in
 * `context.options.args`.
 *
 * It is for functions that ignore the context; one that wants the signal is called with `execute`. To nest policies, use `compose`.
 *
 * @throws ConfigError when `fn` is no function.
 */
export function wrap<This, Parameters extends unknown[], Result, Alternative = never>(
  policy: Policy<Alternative>,
  fn: (this: This, ...args: Parameters) => Result,
): (this: This, ...args: Parameters) => Promise<Awaited<Result> | Alternative> {
  if (typeof fn !== 'function') throw new ConfigError('wrap', [{ path: 'fn', message: `expected a function, got ${show(fn)}` }])
  return function (...args) {
    return policy.execute(() => fn.apply(this, args) as Awaited<Result>, { args })
  }
}
