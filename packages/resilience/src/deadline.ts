import type { Clock, Duration } from '@hazeljs/core'
import { type AmbientCall, ambientCall } from './ambient.js'
import type { Call } from './policy.js'
import { Timeout } from './timeout/timeout.js'

/**
 * Gives everything that `call` does, however deep, one deadline: policies inside that are given no context inherit the time that is left
 * and are called off with it. Deadlines nest; the nearest counts.
 *
 * @throws TimeoutError when the time is over; ConfigError when `duration` is none; else what the call throws.
 */
export function withDeadline<T>(duration: Duration, call: Call<T>, clock?: Clock): Promise<T> {
  return new Timeout({ duration, propagate: true }, clock).execute(call)
}

/** Runs `work` without the deadline and the cancellation it would inherit: for what goes on after the call is over, such as a refresh. */
export function withoutDeadline<T>(work: () => T): T {
  return ambientCall.getStore() === undefined ? work() : ambientCall.run(undefined, work)
}

/** What a call made here would inherit: to hand the time left to a database, say, or in a header. `undefined`: nothing. */
export function currentDeadline(): AmbientCall | undefined {
  return ambientCall.getStore()
}
