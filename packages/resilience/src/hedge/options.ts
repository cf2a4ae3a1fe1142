import { type ConfigProblem, type Duration, type OptionsReader, problemsOf, resolveOptions } from '@hazeljs/core'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import type { RetryBudget } from '../retry/retry-budget.js'

export interface HedgeOptions {
  /** How long a copy of a call may take before the next one is made. Default: the `quantile` of the times of recent successes. */
  readonly delay?: Duration | undefined
  /** Without `delay`: the share of calls, in per cent, that are done before a second copy of theirs would be made. Default 95. */
  readonly quantile?: number | undefined
  /** Without `delay`: successes that must have been timed before the first hedge is made. Default 50. */
  readonly minSamples?: number | undefined
  /** Copies of a call beside the first. Default 1. */
  readonly maxHedges?: number | undefined
  /** Limits hedges to a share of the calls; give it to the retries of the same target, too. Default: none. */
  readonly budget?: RetryBudget | undefined
  /** Told how each call ended and how long it took, whichever copy decided that. Default: none. */
  readonly metrics?: MetricsCollector | undefined
}

export const defaultHedgeQuantile = 95
export const defaultHedgeMinSamples = 50
export const defaultMaxHedges = 1

/** Options after checking. */
export interface ResolvedHedgeOptions {
  /** `undefined`: the quantile says. */
  readonly delayMs: number | undefined
  readonly quantile: number
  readonly minSamples: number
  readonly maxHedges: number
  readonly budget: RetryBudget | undefined
  readonly metrics: MetricsCollector | undefined
}

/** What is wrong with `options`; empty when a hedge can be made of them. */
export function hedgeProblems(options: HedgeOptions): readonly ConfigProblem[] {
  return problemsOf(readOptions, options)
}

/** @throws ConfigError listing every problem. */
export function resolveHedgeOptions(options: HedgeOptions): ResolvedHedgeOptions {
  return resolveOptions('Hedge', readOptions, options)
}

function readOptions(options: OptionsReader<HedgeOptions>): ResolvedHedgeOptions {
  if (options.has('delay')) {
    for (const name of ['quantile', 'minSamples'] as const) {
      if (options.has(name)) options.add(name, 'has no effect beside delay; leave one of them out')
    }
  }
  return {
    delayMs: options.duration('delay', undefined),
    quantile: options.number('quantile', defaultHedgeQuantile, { min: 1, max: 99.9 }),
    minSamples: options.number('minSamples', defaultHedgeMinSamples, { min: 1, max: 500, integer: true }),
    maxHedges: options.number('maxHedges', defaultMaxHedges, { min: 1, max: 10, integer: true }),
    budget: options.able('budget', 'RetryBudget', 'tryTake'),
    metrics: options.able('metrics', 'MetricsCollector', 'recordSuccess'),
  }
}
