// One measurement of how cost and memory grow, in a process of its own: `node --expose-gc scaling.mjs KIND SIZE OPTIONS`. It prints one line of JSON.
import process from 'node:process'
import { CircuitBreaker, MetricsCollector, RateLimiter } from '@hazeljs/resilience'
import { countingClock, settableClock } from './counting-clock.mjs'
import { asyncSlice, leastNanos, syncSlice, VALUE } from './slices.mjs'

const MIB = 2 ** 20
const METRICS_WINDOW_MS = 60_000
const SNAPSHOTS = 2_000

const call = async () => VALUE

/** What is in use after everything that is not has been collected, typed arrays included. */
const usedMiB = () => {
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / MIB
}

/** The same numbers in each run, spread over `0 … below - 1`. */
const scattered = (length, below) => {
  const numbers = new Uint32Array(length)
  for (let i = 0, word = 1; i < length; i++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    numbers[i] = (word / 2 ** 32) * below
  }
  return numbers
}

const nanosEach = (times, work) => {
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) work(i)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1e3) / times
}

/** A full window of `size` calls, or of `size` ms: the cost of a call must not depend on it. */
const windowOf = async (type, size, options) => {
  const breaker = new CircuitBreaker({ slidingWindow: { type, size } })
  const run = () => breaker.execute(call)
  if (type === 'count') for (let i = 0; i < size; i++) await run()
  return { nanos: await leastNanos(asyncSlice, run, options) }
}

/** Every key is seen once, in order, and then some again, in no order. */
const keyedLimiter = (maxKeys, { keys: keyCount }) => {
  const keys = Array.from({ length: keyCount }, (_, i) => `customer-${i}`)
  const again = scattered(keyCount, keyCount)
  const limiter = new RateLimiter({ max: 100, window: '1m', maxKeys })
  const acquire = (index) => {
    if (!limiter.tryAcquire({ key: keys[index] })) throw new Error('a limit nobody reached was reached')
  }
  const beforeMiB = usedMiB()
  const firstNanos = nanosEach(keyCount, acquire)
  const afterMiB = usedMiB()
  return { firstNanos, againNanos: nanosEach(keyCount, (i) => acquire(again[i])), beforeMiB, afterMiB }
}

const snapshotMs = (calls) => {
  const clock = settableClock()
  const collector = new MetricsCollector(METRICS_WINDOW_MS, clock)
  for (const ms of scattered(calls, 5_000)) {
    collector.recordSuccess(ms / 10)
    clock.nowMs += (METRICS_WINDOW_MS * 0.9) / calls // all of the window is in use
  }
  if (collector.getSnapshot().totalCalls !== calls) throw new Error('the window lost calls')
  let total = 0
  let least = Infinity
  for (let i = 0; i < SNAPSHOTS; i++) {
    const startedAt = performance.now()
    total += collector.getSnapshot().totalCalls
    least = Math.min(least, performance.now() - startedAt)
  }
  if (total !== calls * SNAPSHOTS) throw new Error('the snapshots differ')
  return least
}

/** From the first window that is full to the last record: memory must not know how many there were. */
const recordGrowthMiB = (records) => {
  const times = scattered(1_024, 5_000)
  const clock = settableClock()
  const collector = new MetricsCollector(METRICS_WINDOW_MS, clock)
  const record = (count) => {
    for (let i = 0; i < count; i++) {
      collector.recordSuccess(times[i & 1_023] / 10)
      clock.nowMs += 1
    }
  }
  record(METRICS_WINDOW_MS)
  const before = usedMiB()
  record(records)
  const growth = usedMiB() - before
  if (collector.getSnapshot().totalCalls === 0) throw new Error('nothing was recorded')
  return growth
}

const metrics = async (size, options) => {
  const growthMiB = recordGrowthMiB(options.records)
  const times = scattered(1_024, 5_000)
  const clock = countingClock()
  const counted = new MetricsCollector(METRICS_WINDOW_MS, clock)
  clock.reads = 0
  counted.recordSuccess(1)
  const collector = new MetricsCollector(METRICS_WINDOW_MS)
  let next = 0
  const record = () => {
    collector.recordSuccess(times[next++ & 1_023] / 10)
    return VALUE
  }
  return {
    nanos: await leastNanos(syncSlice, record, options),
    clockReads: clock.reads,
    fewMs: snapshotMs(10),
    manyMs: snapshotMs(100_000),
    growthMiB,
  }
}

const [kind, size, options] = process.argv.slice(2)
const kinds = {
  count: (...given) => windowOf('count', ...given),
  time: (...given) => windowOf('time', ...given),
  keys: keyedLimiter,
  metrics,
}
console.log(JSON.stringify(await kinds[kind](Number(size), JSON.parse(options))))
process.exit()
