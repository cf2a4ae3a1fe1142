import { durationText } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import type { Policy } from '../policy.js'
import { type Pipeline, type PipelineWarning, stagesOf } from './pipeline.js'

type Code = PipelineWarning['code']
type Time = 'timeoutMs' | 'leastPausesMs' | 'queueTimeoutMs' | 'hedgeDelayMs' | 'slowCallMs'

/** Times that come to nothing where a timeout is over sooner: what never happens then, and what to do about it. */
const timeRules: readonly (readonly [Code, Time, never: string, fix: string])[] = [
  ['TIMEOUT_NEVER_FIRES', 'timeoutMs', 'never fires', 'Give it less time'],
  ['RETRIES_NEVER_MADE', 'leastPausesMs', 'never makes its last retries', 'Make fewer, or shorten their pauses'],
  ['QUEUE_TIMEOUT_NEVER_FIRES', 'queueTimeoutMs', 'never ends a wait', 'Shorten that wait'],
  ['HEDGE_NEVER_MADE', 'hedgeDelayMs', 'never makes a second call', 'Shorten its delay'],
  ['NEVER_SLOW', 'slowCallMs', 'never sees a slow call', 'Shorten its slowCallDuration'],
]

/**
 * Finds orders that defeat a policy: one that can never do what it is there for, or does it many times over. It knows what policies say of
 * themselves in `describe`.
 *
 * @returns nothing for an order that is a choice, such as a circuit breaker around a retry, or inside it.
 */
export function lint(given: Pipeline<unknown> | readonly Policy<unknown>[]): readonly PipelineWarning[] {
  const stages = stagesOf('policies' in given ? given.policies : given)
  const label = (at: number) => `${stages[at]!.description.policy} (policies[${at}])`
  const limitMs = (at: number) => stages[at]!.description.timeoutMs ?? Infinity

  return stages.flatMap(({ description, identity }, at) => {
    const warnings: PipelineWarning[] = []
    const warn = (code: Code, others: readonly number[], message: string) =>
      warnings.push({ code, message: `${label(at)} ${message}.`, policies: [...new Set([...others, at])].sort((a, b) => a - b) })
    const around = [...stages.keys()].slice(0, at)
    const last = (test: (stage: (typeof stages)[number]) => boolean) => around.findLast((outer) => test(stages[outer]!))

    for (const [code, time, never, fix] of timeRules) {
      const limits = time === 'slowCallMs' ? [...around, at, ...timedInside(stages, at)] : around
      const limit = limits.toSorted((one, other) => limitMs(one) - limitMs(other))[0]
      const ms = description[time]
      if (limit === undefined || ms === undefined || ms < limitMs(limit)) continue
      const end = `${label(limit)} ends calls after ${durationText(limitMs(limit))}`
      warn(code, [limit], `${never}: ${durationText(ms)} is too long where ${end}. ${fix}`)
    }

    const blind = around.filter((outer) => description.swallowsFailures && watchesFailures(stages[outer]!.description))
    if (blind.length > 0) warn('FAILURES_HIDDEN', blind, `hides failures from ${blind.map(label).join(' and ')}. Place it outside`)

    const { attempts = 1 } = description
    const retry = last((outer) => attempts > 1 && (outer.description.attempts ?? 1) > 1)
    if (retry !== undefined) {
      const outerAttempts = stages[retry]!.description.attempts as number
      const product = `${outerAttempts} × ${attempts} = ${outerAttempts * attempts}`
      warn('ATTEMPTS_MULTIPLY', [retry], `is inside ${label(retry)}: a call that fails is made ${product} times. Retry in one place`)
    }

    const twin = last((outer) => outer.identity === identity)
    if (twin !== undefined) {
      const why = 'it counts a call twice, or waits for itself'
      warn('POLICY_REPEATED', [twin], `is the same object as ${label(twin)}: ${why}. Make one for each place`)
    }
    return warnings
  })
}

/** Timeouts right inside the policy at `at`, before anything that waits or repeats: they limit each call that it makes. */
function timedInside(stages: ReturnType<typeof stagesOf>, at: number): readonly number[] {
  const end = stages.findIndex(({ description }, place) => place > at && description.timeoutMs === undefined)
  return [...stages.keys()].slice(at + 1, end < 0 ? undefined : end)
}

function watchesFailures({ policy, attempts = 1 }: PolicyDescription): boolean {
  return attempts > 1 || policy === 'CircuitBreaker' || policy === 'Hedge'
}
