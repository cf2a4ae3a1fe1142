import { getEventListeners } from 'node:events'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { QuietLimit } from './quiet-limit.js'

describe('QuietLimit', () => {
  it('ends what was quiet for too long, counted from what was heard last', async () => {
    const clock = new FakeClock()
    const limit = new QuietLimit(clock, 1_000, new AbortController().signal)
    limit.heard()
    await clock.advance(900)
    limit.heard()
    await clock.advance(999)
    expect([limit.isOver, limit.signal.aborted]).toEqual([false, false])
    await clock.advance(1)
    expect([limit.isOver, limit.signal.aborted]).toEqual([true, true])
  })

  it('ends with the outer signal, which is not its own end', () => {
    const outer = new AbortController()
    const limit = new QuietLimit(new FakeClock(), 1_000, outer.signal)
    outer.abort(new Error('enough'))
    expect([limit.isOver, limit.signal.aborted, limit.signal.reason]).toEqual([false, true, new Error('enough')])
    expect(new QuietLimit(new FakeClock(), 1_000, outer.signal).signal.aborted).toBe(true)
  })

  it('leaves nothing behind with an outer signal that lives on, nor a timer', () => {
    const clock = new FakeClock()
    const outer = new AbortController()
    for (let stream = 0; stream < 100; stream++) {
      const limit = new QuietLimit(clock, 1_000, outer.signal)
      limit.heard()
      limit.end()
    }
    expect(getEventListeners(outer.signal, 'abort')).toEqual([])
    expect(dependants(outer.signal)).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })
})

/** How many signals Node remembers that `AbortSignal.any` made of it. */
function dependants(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals')
  const known: unknown = symbol === undefined ? undefined : Reflect.get(signal, symbol)
  return typeof known === 'object' && known !== null && 'size' in known ? Number(known.size) : 0
}
