import type { Clock } from '@hazeljs/core'
import { judgeError } from '../outcome.js'
import type { CallContext } from '../policy.js'
import type { MetricsCollector } from './metrics-collector.js'

/**
 * Runs a policy's whole work for one call and records how it ended and how long it took. What is nobody's failure, a cancellation or a
 * call that was turned away, is not recorded: see `judgeError`.
 */
export async function recorded<T>(metrics: MetricsCollector, clock: Clock, context: CallContext, work: () => Promise<T>): Promise<T> {
  const startMs = clock.now()
  let result: T
  try {
    result = await work()
  } catch (error) {
    if (judgeError(error, context, undefined) === 'failure') metrics.recordFailure(clock.now() - startMs, error)
    throw error
  }
  metrics.recordSuccess(clock.now() - startMs)
  return result
}
