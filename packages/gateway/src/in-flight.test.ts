import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { InFlight } from './in-flight.js'

function settledFlag(promise: Promise<unknown>): () => boolean {
  let settled = false
  void promise.then(() => (settled = true))
  return () => settled
}

describe('InFlight', () => {
  it('is idle when nothing is under way', async () => {
    await new InFlight().idle(new FakeClock(), 1_000)
  })

  it('tells all who wait when the last one ends, and keeps no timer', async () => {
    const clock = new FakeClock()
    const inFlight = new InFlight()
    inFlight.begin()
    inFlight.begin()
    const first = inFlight.idle(clock, 1_000)
    const second = inFlight.idle(clock, 2_000)
    const isSettled = settledFlag(first)
    inFlight.end()
    await clock.advance(999)
    expect(isSettled()).toBe(false)
    inFlight.end()
    await Promise.all([first, second])
  })

  it('waits no longer than it is told', async () => {
    const clock = new FakeClock()
    const inFlight = new InFlight()
    inFlight.begin()
    const idle = inFlight.idle(clock, 1_000)
    await clock.advance(1_000)
    await idle
    inFlight.end()
  })

  it('tells of each idleness once', () => {
    const inFlight = new InFlight()
    let told = 0
    inFlight.begin()
    inFlight.whenIdle(() => told++)
    inFlight.end()
    inFlight.begin()
    inFlight.end()
    expect(told).toBe(1)
    inFlight.whenIdle(() => told++)
    expect(told).toBe(2)
  })
})
