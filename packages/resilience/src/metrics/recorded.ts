import { type Clock, reportFault } from '@hazeljs/core'
import { judgeError, judgeLate } from '../outcome.js'
import type { CallContext } from '../policy.js'
import type { MetricsCollector } from './metrics-collector.js'

/**
 * Runs a policy's whole work for one call and records how it ended and how long it took. What is nobody's failure, a cancellation or a
 * call that was turned away, is not recorded: see `judgeError`. `isFailure` tells of a result that is a failure all the same.
 */
export async function recorded<T>(
  metrics: MetricsCollector,
  clock: Clock,
  context: CallContext,
  work: () => Promise<T>,
  isFailure?: (result: T) => boolean,
): Promise<T> {
  const startMs = clock.now()
  let result: T
  try {
    result = await work()
  } catch (error) {
    if (judgeError(error, context, undefined) === 'failure') record(metrics, clock.now() - startMs, true, error)
    throw error
  }
  const outcome = judgeLate(isFailure?.(result) === true ? 'failure' : 'success', context)
  if (outcome !== 'ignored') record(metrics, clock.now() - startMs, outcome === 'failure', undefined)
  return result
}

/** Records one call. What the collector throws, as it does for a time below 0 by a clock that went back, is reported. */
export function record(metrics: MetricsCollector, ms: number, failed: boolean, error: unknown): void {
  try {
    if (failed) metrics.recordFailure(ms, error)
    else metrics.recordSuccess(ms)
  } catch (fault) {
    reportFault('metrics', fault)
  }
}
