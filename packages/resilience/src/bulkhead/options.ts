import { type ConfigProblem, type Duration, OptionsCheck } from '@hazeljs/core'

export interface BulkheadOptions {
  /** Calls that may run at the same time; from 1. */
  readonly maxConcurrent: number
  /** Calls that may wait for a place. Default 0. */
  readonly maxQueue?: number
  /** How long a call waits at most. Default: as long as it takes. */
  readonly queueTimeout?: Duration
}

export const defaultMaxQueue = 0

/** Options after checking. */
export interface ResolvedBulkheadOptions {
  readonly maxConcurrent: number
  readonly maxQueue: number
  /** `undefined`: for ever. */
  readonly queueTimeoutMs: number | undefined
}

/** What is wrong with `options`; empty when a bulkhead can be made of them. */
export function bulkheadProblems(options: BulkheadOptions): readonly ConfigProblem[] {
  const check = new OptionsCheck('Bulkhead')
  checkBulkheadOptions(options, check)
  return check.problems
}

/** @throws ConfigError listing every problem. */
export function resolveBulkheadOptions(options: BulkheadOptions): ResolvedBulkheadOptions {
  const check = new OptionsCheck('Bulkhead')
  const resolved = checkBulkheadOptions(options, check)
  check.done()
  return resolved
}

function checkBulkheadOptions(given: BulkheadOptions, check: OptionsCheck): ResolvedBulkheadOptions {
  const { maxConcurrent, maxQueue, queueTimeout } = check.object('', given, ['maxConcurrent', 'maxQueue', 'queueTimeout'])
  if (maxConcurrent === undefined) check.add('maxConcurrent', 'is required')
  return {
    maxConcurrent: check.number('maxConcurrent', maxConcurrent, 1, { min: 1, integer: true }),
    maxQueue: check.number('maxQueue', maxQueue, defaultMaxQueue, { min: 0, integer: true }),
    queueTimeoutMs: queueTimeout === undefined ? undefined : check.duration('queueTimeout', queueTimeout, 1, 1),
  }
}
