import { observe, toError } from '@hazeljs/core'

/** Reports, as a warning of the process, what a user's `callback` threw: a predicate or an observer must not change a call's outcome. */
export function reportFault(callback: string, fault: unknown): void {
  const error = toError(fault)
  process.emitWarning(`${callback} threw: ${error.message}`, { type: 'HazelCallbackWarning', detail: error.stack ?? '' })
}

/** Tells an observer; what it throws, or rejects with, is reported. */
export function tell(callback: string, observer: () => unknown): void {
  observe(observer, (fault) => reportFault(callback, fault))
}
