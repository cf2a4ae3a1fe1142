import { describe, expect, it } from 'vitest'
import { type Clock, maxTimerMs, systemClock } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'

interface Subject {
  readonly clock: Clock
  /** Resolves when the clock has moved on by at least `ms`, and what fell due has fired. */
  pass(ms: number): Promise<void>
}

const subjects: [string, () => Subject][] = [
  ['systemClock', () => ({ clock: systemClock, pass: (ms) => systemClock.sleep(ms + 5) })],
  [
    'FakeClock',
    () => {
      const clock = new FakeClock()
      return { clock, pass: (ms) => clock.advance(ms) }
    },
  ],
]

/** What every Clock does; a test that uses the fake one relies on it. */
describe.each(subjects)('%s', (_name, subject) => {
  it('moves on, monotonic and wall time together', async () => {
    const { clock, pass } = subject()
    const [startMs, startWallMs] = [clock.now(), clock.wallTime()]
    await pass(10)
    expect(clock.now() - startMs).toBeGreaterThanOrEqual(10)
    expect(clock.wallTime() - startWallMs).toBeGreaterThanOrEqual(9)
    expect(startWallMs).toBeGreaterThan(Date.UTC(2020, 0, 1))
  })

  it('fires a timer once, and never early', async () => {
    const { clock, pass } = subject()
    const waits = Array.from({ length: 40 }, (_, index) => 1 + index * 0.37)
    const firedAfter = new Map<number, number[]>()
    const startMs = clock.now()
    for (const wait of waits) clock.setTimer(() => firedAfter.set(wait, [...(firedAfter.get(wait) ?? []), clock.now() - startMs]), wait)
    await pass(20)
    for (const wait of waits) {
      expect(firedAfter.get(wait)).toHaveLength(1)
      expect(firedAfter.get(wait)?.[0]).toBeGreaterThanOrEqual(wait)
    }
  })

  it('fires timers in the order they fall due, equal ones in the order they were set', async () => {
    const { clock, pass } = subject()
    const fired: string[] = []
    clock.setTimer(() => fired.push('late'), 15)
    clock.setTimer(() => fired.push('first'), 2)
    clock.setTimer(() => fired.push('second'), 2)
    await pass(20)
    expect(fired).toEqual(['first', 'second', 'late'])
  })

  it('fires a timer that keeps no process alive all the same, and lets one that fired be', async () => {
    const { clock, pass } = subject()
    let fired = 0
    const letGo = clock.setTimer(() => fired++, 2)
    clock.keepAlive(letGo, false)
    const kept = clock.setTimer(() => fired++, 2)
    clock.keepAlive(kept, false)
    clock.keepAlive(kept, true)
    await pass(10)
    expect(fired).toBe(2)
    clock.keepAlive(kept, true)
    await pass(10)
    expect(fired).toBe(2)
  })

  it.each([0, -5, Number.NaN])('takes a delay of %d for none, and does not call back at once', async (delayMs) => {
    const { clock, pass } = subject()
    let fired = 0
    clock.setTimer(() => fired++, delayMs)
    expect(fired).toBe(0)
    await pass(0)
    expect(fired).toBe(1)
  })

  it.each([maxTimerMs, maxTimerMs + 1, Infinity])('does not fire a timer of %d ms at once', async (delayMs) => {
    const { clock, pass } = subject()
    let fired = 0
    const timer = clock.setTimer(() => fired++, delayMs)
    await pass(3)
    clock.clearTimer(timer)
    expect(fired).toBe(0)
  })

  it('never fires a cleared timer, and clears what is gone without a word', async () => {
    const { clock, pass } = subject()
    let fired = 0
    const timer = clock.setTimer(() => fired++, 1, { background: true })
    clock.clearTimer(timer)
    clock.clearTimer(timer)
    clock.clearTimer(undefined)
    await pass(5)
    expect(fired).toBe(0)
  })

  it('sleeps until the time has passed', async () => {
    const { clock, pass } = subject()
    const startMs = clock.now()
    let wokenAfter = -1
    void clock.sleep(4.5).then(() => (wokenAfter = clock.now() - startMs))
    await pass(10)
    expect(wokenAfter).toBeGreaterThanOrEqual(4.5)
  })

  it('wakes a sleeper with the reason the moment its signal aborts', async () => {
    const { clock } = subject()
    const caller = new AbortController()
    const sleep = expect(clock.sleep(60_000, caller.signal)).rejects.toBe('gone')
    caller.abort('gone')
    await sleep
  })

  it('does not fall asleep when the signal is aborted already', async () => {
    const { clock } = subject()
    await expect(clock.sleep(60_000, AbortSignal.abort('gone'))).rejects.toBe('gone')
  })
})

it('lets the process end before a timer that was let go', () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = timers()
  const timer = systemClock.setTimer(() => undefined, 60_000)
  expect(timers()).toBe(before + 1)
  systemClock.keepAlive(timer, false)
  expect(timers()).toBe(before)
  systemClock.clearTimer(timer)
})
