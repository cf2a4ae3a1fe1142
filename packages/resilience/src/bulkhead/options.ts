import { type ConfigProblem, type Duration, type OptionsCheck, problemsOf, resolveOptions } from '@hazeljs/core'
import type { MetricsCollector } from '../metrics/metrics-collector.js'

export interface BulkheadOptions {
  /** Calls that may run at the same time; from 1. */
  readonly maxConcurrent: number
  /** Calls that may wait for a place. Default 0. */
  readonly maxQueue?: number | undefined
  /** How long a call waits at most; from 1 ms. Default: as long as it takes. */
  readonly queueTimeout?: Duration | undefined
  /** Records calls that got a place, the time they waited for it included. Default: none. */
  readonly metrics?: MetricsCollector | undefined
}

export const defaultMaxQueue = 0

/** Options after checking. */
export interface ResolvedBulkheadOptions {
  readonly maxConcurrent: number
  readonly maxQueue: number
  /** `undefined`: for ever. */
  readonly queueTimeoutMs: number | undefined
  readonly metrics: MetricsCollector | undefined
}

/** What is wrong with `options`; empty when a bulkhead can be made of them. */
export function bulkheadProblems(options: BulkheadOptions): readonly ConfigProblem[] {
  return problemsOf(checkBulkheadOptions, options)
}

/** @throws ConfigError listing every problem. */
export function resolveBulkheadOptions(options: BulkheadOptions): ResolvedBulkheadOptions {
  return resolveOptions('Bulkhead', checkBulkheadOptions, options)
}

function checkBulkheadOptions(given: BulkheadOptions, check: OptionsCheck): ResolvedBulkheadOptions {
  const { maxConcurrent, maxQueue, queueTimeout, metrics } = check.object('', given, [
    'maxConcurrent',
    'maxQueue',
    'queueTimeout',
    'metrics',
  ])
  if (maxConcurrent === undefined) check.add('maxConcurrent', 'is required')
  return {
    maxConcurrent: check.number('maxConcurrent', maxConcurrent, 1, { min: 1, integer: true }),
    maxQueue: check.number('maxQueue', maxQueue, defaultMaxQueue, { min: 0, integer: true }),
    queueTimeoutMs: queueTimeout === undefined ? undefined : check.duration('queueTimeout', queueTimeout, 1, 1),
    metrics: check.able('metrics', metrics, 'MetricsCollector', 'recordSuccess'),
  }
}
