import { FakeClock } from '@hazeljs/core/testing'
import { expect, it } from 'vitest'
import { MetricsCollector } from './metrics-collector.js'

/** Bytes of the heap and of typed arrays beyond it, after `work`, per time that it ran. */
function bytesEach(times: number, work: () => void): number {
  const used = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  for (let warmUp = 0; warmUp < 20_000; warmUp++) work()
  let least = Infinity
  // The smallest of several: a collection of garbage, or the compiler, may come between.
  for (let round = 0; round < 10; round++) {
    const before = used()
    for (let time = 0; time < times; time++) work()
    const grown = used() - before
    if (grown >= 0) least = Math.min(least, grown / times)
  }
  return least
}

it('allocates nothing a record, whatever is thrown', () => {
  // A whole number, as a fraction would be allocated by the fake clock itself.
  const collector = new MetricsCollector('1m', new FakeClock(1))
  expect(bytesEach(1_000, () => new Error('measured'))).toBeGreaterThan(40)
  expect(bytesEach(50_000, () => collector.recordSuccess(12))).toBeLessThan(8)
  expect(bytesEach(50_000, () => collector.recordFailure(12, 'no error'))).toBeLessThan(8)
})

it('keeps its memory, however many calls and however many windows', () => {
  const clock = new FakeClock()
  const collector = new MetricsCollector(1_200, clock)
  const grown = bytesEach(50_000, () => {
    clock.jump(7)
    collector.recordSuccess(12)
  })
  expect(grown).toBeLessThan(8)
})

it('makes a snapshot of 100,000 calls in a fraction of a millisecond', () => {
  const clock = new FakeClock()
  const collector = new MetricsCollector('1m', clock)
  for (let call = 0; call < 100_000; call++) {
    if (call % 10_000 === 0) clock.jump(5_000)
    collector.recordSuccess(call % 1_000)
  }
  let fastestMs = Infinity
  for (let round = 0; round < 50; round++) {
    const startMs = performance.now()
    collector.getSnapshot()
    fastestMs = Math.min(fastestMs, performance.now() - startMs)
  }
  expect(collector.getSnapshot().totalCalls).toBe(100_000)
  expect(fastestMs).toBeLessThan(0.2)
})
