import { reportFault, show, tell, toError } from '@hazeljs/core'
import type { ResilienceError, TimeoutError } from './errors.js'
import type { CallContext } from './policy.js'

/**
 * The one verdict on a call, that every policy, health check, canary and metric gets. `ignored` touches no counter: the caller
 * went away, or the call says nothing about the health of its target.
 */
export type Outcome = 'success' | 'failure' | 'ignored'

/** What a predicate may answer: whether it is a failure, or the outcome by name. */
export type Verdict = boolean | Outcome

/** Judges what a call threw: `true` is a failure, `false` is ignored. Other thrown values come wrapped in an Error. */
export type FailurePredicate = (error: Error) => Verdict

/** Judges what a call resolved with: `true` is a failure, `false` a success. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a predicate is written for the results of its own calls
export type ResultPredicate = (result: any) => Verdict

/**
 * The outcome of a call that threw. Cancellations are ignored, whatever `predicate` says. Without a predicate, rejections of inner
 * policies that kept the call from running are ignored too, and everything else is a failure. A predicate that throws, or answers with
 * anything but a verdict, such as a promise, is reported and does as if it were not there.
 */
export function judgeError(thrown: unknown, context: CallContext, predicate: FailurePredicate | undefined): Outcome {
  if (isCancellation(thrown, context)) return 'ignored'
  if (predicate !== undefined) {
    try {
      return outcomeOf('failurePredicate', predicate(toError(thrown)), 'ignored')
    } catch (fault) {
      reportFault('failurePredicate', fault)
    }
  }
  return callRanBefore(thrown) ? 'failure' : 'ignored'
}

/** The outcome of a call that resolved: a success where there is no predicate, or it throws or answers with no verdict, which is reported. */
export function judgeResult(result: unknown, predicate: ResultPredicate | undefined): Outcome {
  if (predicate === undefined) return 'success'
  try {
    return outcomeOf('resultPredicate', predicate(result), 'success')
  } catch (fault) {
    reportFault('resultPredicate', fault)
    return 'success'
  }
}

/** The outcome of a call that resolved when its context had been called off: nobody waits any more, so that it is no success. */
export function judgeLate(outcome: Outcome, context: CallContext): Outcome {
  if (outcome !== 'success' || !context.aborted) return outcome
  return isCancellation(undefined, context) ? 'ignored' : 'failure'
}

/**
 * Whether a call ended because somebody called it off: its context was aborted, or it threw an AbortError. A first attempt that a timeout
 * around the policy ended was too slow, and is no cancellation. A later one is: it had only what the others left of the time, which
 * says nothing of its target. Else those who waited longest for an open circuit would open it anew with their last milliseconds.
 */
export function isCancellation(thrown: unknown, context: CallContext): boolean {
  if (context.aborted) return context.attempt > 1 || !isTimeout(context.cancellation.reason)
  return thrown instanceof Error && thrown.name === 'AbortError'
}

/** Whether the call had started when `thrown` was thrown: `false` only for our own rejections, those of another copy of the package too. */
export function callRanBefore(thrown: unknown): boolean {
  return (thrown as Partial<ResilienceError> | null | undefined)?.callRan !== false
}

/** What a predicate said, as an outcome; `otherwise` is what its `false` means. @throws TypeError when it is no verdict. */
export function outcomeOf(predicate: string, verdict: unknown, otherwise: Outcome): Outcome {
  if (verdict === true) return 'failure'
  if (verdict === false) return otherwise
  if (verdict === 'failure' || verdict === 'success' || verdict === 'ignored') return verdict
  tell(predicate, () => verdict) // a promise that rejects must not end the process
  throw new TypeError(`expected true, false, 'success', 'failure' or 'ignored', got ${show(verdict)}`)
}

/** Whether `reason` says that the time of a call was over. */
export function isTimeout(reason: unknown): boolean {
  if (reason instanceof DOMException) return reason.name === 'TimeoutError'
  return (reason as Partial<TimeoutError> | null | undefined)?.code === 'TIMEOUT'
}
