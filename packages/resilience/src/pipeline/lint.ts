import { durationText, type PolicyDescription } from '../description.js'
import type { Policy } from '../policy.js'
import { type Pipeline, type PipelineWarning, stagesOf } from './pipeline.js'

type Code = PipelineWarning['code']

/** Something that takes time, and comes to nothing where a timeout is over sooner. */
interface TimeRule {
  readonly code: Code
  readonly ms: (description: PolicyDescription) => number | undefined
  readonly does: string
  readonly consequence: string
}

const timeRules: readonly TimeRule[] = [
  {
    code: 'TIMEOUT_NEVER_FIRES',
    ms: ({ timeoutMs }) => timeoutMs,
    does: 'gives its calls',
    consequence: 'it never fires. Give it less time than what is around it',
  },
  {
    code: 'RETRIES_NEVER_MADE',
    ms: ({ leastPausesMs }) => leastPausesMs,
    does: 'pauses between its attempts for at least',
    consequence: 'the last are never made. Retry fewer times or sooner, or allow more time',
  },
  {
    code: 'QUEUE_TIMEOUT_NEVER_FIRES',
    ms: ({ queueTimeoutMs }) => queueTimeoutMs,
    does: 'lets calls wait for',
    consequence: 'none waits so long. Shorten the wait, or allow more time',
  },
  {
    code: 'HEDGE_NEVER_MADE',
    ms: ({ hedgeDelayMs }) => hedgeDelayMs,
    does: 'makes a second copy of a call after',
    consequence: 'there is never one. Shorten its delay',
  },
  {
    code: 'NEVER_SLOW',
    ms: ({ slowCallMs }) => slowCallMs,
    does: 'takes calls for slow from',
    consequence: 'none ever is. Set slowCallDuration below that time',
  },
]

/**
 * Finds orders that defeat a policy: one that can never do what it is there for, or does it many times over. It knows what policies say of
 * themselves in `describe`.
 *
 * @returns nothing for an order that is a choice, such as a circuit breaker around a retry, or inside it.
 */
export function lint(given: Pipeline<unknown> | readonly Policy<unknown>[]): readonly PipelineWarning[] {
  const stages = stagesOf('policies' in given ? given.policies : given)
  const descriptions = stages.map(({ description }) => description)
  const label = (at: number) => `${descriptions[at]!.policy} (policies[${at}])`
  const limitMs = (at: number) => descriptions[at]!.timeoutMs ?? Infinity
  const tightest = (places: readonly number[]) =>
    places.reduce((tight, at) => (limitMs(at) < limitMs(tight) ? at : tight), places[0] as number)

  return descriptions.flatMap((inner, at): PipelineWarning[] => {
    const warnings: PipelineWarning[] = []
    const warn = (code: Code, others: readonly number[], message: string) =>
      warnings.push({ code, message, policies: [...new Set([...others, at])].sort((a, b) => a - b) })
    const around = [...descriptions.keys()].slice(0, at)

    for (const { code, ms, does, consequence } of timeRules) {
      const neededMs = ms(inner)
      const limits = code === 'NEVER_SLOW' ? [...around, ...limitsOfEachCall(descriptions, at)] : around
      if (neededMs === undefined || limits.length === 0) continue
      const limit = tightest(limits)
      if (neededMs < limitMs(limit)) continue
      const end = `${label(limit)} ends them after ${durationText(limitMs(limit))}`
      warn(code, [limit], `${label(at)} ${does} ${durationText(neededMs)}, but ${end}: ${consequence}.`)
    }

    const blind = around.filter((outer) => inner.swallowsFailures === true && watchesFailures(descriptions[outer]!))
    if (blind.length > 0) {
      const names = blind.map(label).join(' and ')
      warn('FAILURES_HIDDEN', blind, `${label(at)} answers in place of failures, which hides them from ${names}. Place it outside.`)
    }

    const retry = around.findLast((outer) => attemptsOf(descriptions[outer]!) > 1)
    const attempts = attemptsOf(inner)
    if (attempts > 1 && retry !== undefined) {
      const outerAttempts = attemptsOf(descriptions[retry]!)
      const product = `${outerAttempts} × ${attempts} = ${outerAttempts * attempts} calls`
      warn('ATTEMPTS_MULTIPLY', [retry], `${label(at)} is inside ${label(retry)}: ${product} where all fail. Retry in one place.`)
    }

    const twin = around.findLast((outer) => stages[outer]!.identity === stages[at]!.identity)
    if (twin !== undefined) {
      const why = 'it counts each call twice, and a bulkhead may wait for itself for ever'
      warn('POLICY_REPEATED', [twin], `${label(at)} is the same object as ${label(twin)}: ${why}. Make one for each place.`)
    }
    return warnings
  })
}

/** What ends every call that the policy at `at` makes: its own timeout, and those right inside it, before anything that waits or repeats. */
function limitsOfEachCall(descriptions: readonly PolicyDescription[], at: number): readonly number[] {
  const limits = [at]
  for (let next = at + 1; descriptions[next]?.timeoutMs !== undefined; next++) limits.push(next)
  return limits
}

function attemptsOf({ attempts = 1 }: PolicyDescription): number {
  return attempts
}

function watchesFailures(description: PolicyDescription): boolean {
  return attemptsOf(description) > 1 || ['CircuitBreaker', 'Hedge'].includes(description.policy)
}
