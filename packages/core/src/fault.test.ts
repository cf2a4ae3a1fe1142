import { afterEach, expect, it, vi } from 'vitest'
import { systemClock } from './clock.js'
import { guardClock } from './fault.js'
import { FakeClock } from './testing/index.js'

afterEach(() => void vi.restoreAllMocks())

const broken = () => {
  throw new Error('no battery')
}

it('reports a clock that throws, and time stands still', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const clock = new FakeClock(500)
  const guarded = guardClock(clock)
  expect(guarded.now()).toBe(500)
  Object.assign(clock, { now: broken, wallTime: broken, setTimer: broken, clearTimer: broken, keepAlive: broken })
  expect([guarded.now(), guarded.wallTime()]).toEqual([500, 0])
  const timer = guarded.setTimer(() => undefined, 10)
  guarded.keepAlive(timer, false)
  guarded.clearTimer(timer)
  guarded.clearTimer({})
  expect(warn.mock.calls.map(([message]) => message)).toEqual(new Array(4).fill('The clock threw: no battery'))
})

it('leaves the system clock, and what is guarded already, alone', () => {
  const guarded = guardClock(new FakeClock())
  expect(guardClock(guarded)).toBe(guarded)
  expect(guardClock(systemClock)).toBe(systemClock)
})

it('passes everything else on', async () => {
  const clock = new FakeClock()
  const guarded = guardClock(clock)
  let fired = 0
  guarded.setTimer(() => fired++, 10)
  guarded.clearTimer(guarded.setTimer(() => fired++, 10))
  guarded.keepAlive(
    guarded.setTimer(() => fired++, 20),
    false,
  )
  const slept = guarded.sleep(5)
  expect(clock.pendingTimers).toBe(2)
  await clock.advance(20)
  await slept
  expect(fired).toBe(2)
})
