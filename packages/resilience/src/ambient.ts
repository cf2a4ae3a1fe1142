import { AsyncLocalStorage } from 'node:async_hooks'
import type { Cancellation } from '@hazeljs/core'

/** What calls made inside another one inherit from it. */
export interface AmbientCall {
  readonly cancellation: Cancellation
  readonly signal: AbortSignal
  readonly aborted: boolean
  /** Milliseconds until the nearest deadline; Infinity without one. */
  readonly remainingMs: number
}

/**
 * The call whose deadline is passed on in the current asynchronous flow. Nothing is kept here unless somebody asked for it, for on
 * Node before 24 the first use of an AsyncLocalStorage makes every promise of the process dearer.
 */
export const ambientCall = new AsyncLocalStorage<AmbientCall | undefined>()
