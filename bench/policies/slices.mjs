// How a call is timed: in short slices of CPU time, the least of which is what it costs when nothing else happens.
import process from 'node:process'
import { setImmediate as turn } from 'node:timers/promises'

/** What every measured call resolves with, so that a sum proves that each call came through. */
export const VALUE = 1
/** Calls between two turns of the event loop, so that what a policy leaves to timers is paid, too, as it is in a server. */
const BATCH = 500

/** All threads of this process, so that the collector's work counts and other processes' does not. */
const cpuNanos = (since) => {
  const { user, system } = process.cpuUsage(since)
  return (user + system) * 1e3
}

const timed = async (millis, batch) => {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  let calls = 0
  let sum = 0
  do {
    sum += await batch()
    calls += BATCH
    await turn()
  } while (performance.now() - startedAt < millis)
  const nanos = cpuNanos(before)
  if (sum !== calls * VALUE) throw new Error(`${calls} calls gave ${sum}`)
  return nanos / calls
}

/** @param {() => Promise<number>} run resolves with {@link VALUE} */
export const asyncSlice = (run, millis) =>
  timed(millis, async () => {
    let sum = 0
    for (let i = 0; i < BATCH; i++) sum += await run()
    return sum
  })

/** @param {() => number} run returns {@link VALUE} */
export const syncSlice = (run, millis) =>
  timed(millis, () => {
    let sum = 0
    for (let i = 0; i < BATCH; i++) sum += run()
    return sum
  })

/**
 * @param {typeof asyncSlice | typeof syncSlice} slice
 * @param {{ warmup: number, slices: number, ms: number }} options
 * @returns {Promise<number>} the ns of a call in the cheapest slice, after the warm-up
 */
export const leastNanos = async (slice, run, { warmup, slices, ms }) => {
  await slice(run, warmup)
  let least = Infinity
  for (let i = 0; i < slices; i++) least = Math.min(least, await slice(run, ms))
  return least
}
