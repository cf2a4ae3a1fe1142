import { FakeClock, ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { heartbeatJitter, HeartbeatTimer } from './heartbeat-timer.js'

const ttlMs = 30_000

function beatsOf(seed: number, clock: FakeClock): number[] {
  const beats: number[] = []
  new HeartbeatTimer(ttlMs, () => beats.push(clock.now()), clock, new SeededRandom(seed)).start()
  return beats
}

describe('HeartbeatTimer', () => {
  it('beats within each third of the ttl, never later and up to a fifth earlier', async () => {
    const clock = new FakeClock()
    const beats = beatsOf(1, clock)
    await clock.advance(1_000_000)
    const gaps = beats.map((at, index) => at - (beats[index - 1] ?? 0))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10_000)
    expect(Math.min(...gaps.slice(1))).toBeGreaterThanOrEqual(10_000 * (1 - heartbeatJitter))
    expect(new Set(gaps).size).toBe(gaps.length)
  })

  it('waits for the whole third at the longest, the first time as well', async () => {
    const clock = new FakeClock()
    const beats: number[] = []
    new HeartbeatTimer(ttlMs, () => beats.push(clock.now()), clock, new ScriptedRandom(0, 0, 0.999)).start()
    await clock.advance(20_000)
    expect(beats).toEqual([10_000, 20_000])
  })

  it('spreads 1,000 that start together over the whole third', async () => {
    const clock = new FakeClock()
    const all = Array.from({ length: 1_000 }, (_, seed) => beatsOf(seed, clock))
    await clock.advance(10_000)
    const perSecond = new Array<number>(10).fill(0)
    for (const beat of all.map((beats) => beats[0] ?? NaN)) perSecond[Math.min(9, Math.floor(beat / 1_000))]!++
    expect(perSecond.reduce((sum, count) => sum + count)).toBe(1_000)
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(150)
  })

  it('is silent once it is stopped, by its own beat as well', async () => {
    const clock = new FakeClock()
    const timer: HeartbeatTimer = new HeartbeatTimer(ttlMs, () => timer.stop(), clock, new SeededRandom(1))
    timer.start()
    await clock.advance(100_000)
    expect(clock.pendingTimers).toBe(0)
  })
})
