import { type ConfigProblem, type Duration, type OptionsReader, problemsOf, resolveOptions } from '@hazeljs/core'
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
  return problemsOf(readOptions, options)
}

/** @throws ConfigError listing every problem. */
export function resolveBulkheadOptions(options: BulkheadOptions): ResolvedBulkheadOptions {
  return resolveOptions('Bulkhead', readOptions, options)
}

function readOptions(options: OptionsReader<BulkheadOptions>): ResolvedBulkheadOptions {
  return {
    maxConcurrent: options.number(options.required('maxConcurrent'), 1, { min: 1, integer: true }),
    maxQueue: options.number('maxQueue', defaultMaxQueue, { min: 0, integer: true }),
    queueTimeoutMs: options.duration('queueTimeout', undefined, 1),
    metrics: options.able('metrics', 'MetricsCollector', 'recordSuccess'),
  }
}
