import { ConfigError, type OptionsReader, problemsOf } from '@hazeljs/core'

/** Whom to charge, and how much. */
export interface LimitRequest {
  /** Whose limit: each key has its own. Default: the limit of all who name none. */
  readonly key?: string | undefined
  /** How many calls it counts for, from 1 to `max`. Default 1. */
  readonly cost?: number | undefined
}

export interface LimitState {
  readonly limit: number
  /** Calls that would be admitted now. */
  readonly remaining: number
  /** How long until all of `limit` is free again, if nobody calls. */
  readonly resetMs: number
}

/** Decides at once, from memory, whether a call may be made. */
export interface Limiter {
  /** Takes `cost` from the limit if it is there; all of it or nothing. */
  tryAcquire(request?: LimitRequest): boolean
  /** How long until the same request is admitted: 0 if it is now. Waiting exactly that long suffices, if nobody else calls. */
  getRetryAfterMs(request?: LimitRequest): number
  /** What is left, without taking anything. */
  peek(request?: LimitRequest): LimitState
}

/** What is wrong with a request for a limit of `max`. */
export function badRequest(key: unknown, cost: unknown, max: number): ConfigError {
  const read = (request: OptionsReader<Record<'key' | 'cost', unknown>>) => {
    request.string('key', undefined)
    request.number('cost', 1, { min: 1, max, integer: true })
  }
  return new ConfigError('A limit request', problemsOf(read, { key, cost }))
}
