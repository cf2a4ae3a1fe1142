import { ConfigError, show } from '@hazeljs/core'
import { lint } from './pipeline/lint.js'
import { flattened, NestedPolicies, type Pipeline } from './pipeline/pipeline.js'
import type { AlternativeOf, Policy } from './policy.js'

/**
 * One policy of several, outermost first: `compose(retry, breaker, timeout)` retries calls that a circuit guards and that each have their
 * own time. Without policies it only calls.
 *
 * What `lint` says of the order is a warning of the process each, of the type `HazelPipelineWarning`, which Node silences with
 * `--disable-warning=HazelPipelineWarning`.
 *
 * @throws ConfigError naming the positions of what is no policy.
 */
export function compose<P extends readonly Policy<unknown>[]>(...policies: P): Pipeline<AlternativeOf<P[number]>> {
  const problems = policies.flatMap((policy, position) =>
    isPolicy(policy) ? [] : [{ path: `policies[${position}]`, message: `expected a policy, got ${show(policy)}` }],
  )
  if (problems.length > 0) throw new ConfigError('compose', problems)
  const warnings = lint(policies)
  for (const { code, message } of warnings) process.emitWarning(message, { type: 'HazelPipelineWarning', code })
  return new NestedPolicies<AlternativeOf<P[number]>>(flattened(policies), warnings)
}

function isPolicy(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'execute' in given && typeof given.execute === 'function'
}
