import { systemClock } from '@hazeljs/core'

/** The system's clock, and how often it was read. */
export const countingClock = () => {
  const clock = Object.assign(Object.create(systemClock), {
    reads: 0,
    now: () => {
      clock.reads++
      return systemClock.now()
    },
  })
  return clock
}

/** A clock that stands where it is put: `nowMs` is writable. */
export const settableClock = () => {
  const clock = Object.assign(Object.create(systemClock), { nowMs: 1_000_000, now: () => clock.nowMs })
  return clock
}
