import { expect, it } from 'vitest'
import { FakeClock } from './fake-clock.js'
import { SeededRandom } from './seeded-random.js'

it('stands still until it is told', async () => {
  const clock = new FakeClock(500, Date.UTC(2030, 0, 1))
  await Promise.resolve()
  expect(clock.now()).toBe(500)
  expect(clock.wallTime()).toBe(Date.UTC(2030, 0, 1))
  await clock.advance(250)
  expect(clock.now()).toBe(750)
  expect(clock.wallTime()).toBe(Date.UTC(2030, 0, 1) + 250)
})

it('shows each timer the time it fell due at', async () => {
  const clock = new FakeClock()
  const seen: number[] = []
  for (const delayMs of [30, 10, 20]) clock.setTimer(() => seen.push(clock.now()), delayMs)
  await clock.advance(25)
  expect(seen).toEqual([10, 20])
  expect(clock.pendingTimers).toBe(1)
  await clock.advance(5)
  expect(seen).toEqual([10, 20, 30])
  expect(clock.pendingTimers).toBe(0)
})

it('fires what a timer, or a promise that it settled, sets on the way', async () => {
  const clock = new FakeClock()
  const wokenAt: number[] = []
  const loop = async () => {
    for (let round = 0; round < 3; round++) {
      await clock.sleep(10)
      wokenAt.push(clock.now())
    }
  }
  const done = loop()
  await clock.advance(100)
  await done
  expect(wokenAt).toEqual([10, 20, 30])
})

it('fires thousands of timers in order, whatever the order they were set and cleared in', async () => {
  const clock = new FakeClock()
  const random = new SeededRandom(7)
  const set = Array.from({ length: 3_000 }, (_, number) => ({ number, dueMs: Math.floor(random.next() * 500) }))
  const fired: typeof set = []
  const handles = set.map((timer) => clock.setTimer(() => fired.push(timer), timer.dueMs))
  const cleared = new Set(handles.filter(() => random.next() < 0.3))
  for (const handle of cleared) clock.clearTimer(handle)
  await clock.advance(500)
  const kept = set.filter(({ number }) => !cleared.has(handles[number] as object))
  expect(fired).toEqual(kept.toSorted((a, b) => a.dueMs - b.dueMs || a.number - b.number))
  expect(clock.pendingTimers).toBe(0)
})

it('lets promises settle before it moves', async () => {
  const clock = new FakeClock()
  let startedAt = -1
  void Promise.resolve()
    .then(() => Promise.resolve())
    .then(() => (startedAt = clock.now()))
  await clock.advance(10)
  expect(startedAt).toBe(0)
})

it('jumps like a process that was frozen: timers fire late, and time never goes back', async () => {
  const clock = new FakeClock()
  const seen: number[] = []
  clock.setTimer(() => seen.push(clock.now()), 10)
  clock.jump(100)
  expect(clock.now()).toBe(100)
  expect(seen).toEqual([])
  await clock.advance(0)
  expect(seen).toEqual([100])
})

it('leaves no timer behind a sleep, slept out or aborted', async () => {
  const clock = new FakeClock()
  const caller = new AbortController()
  const sleeps = Promise.allSettled([
    clock.sleep(10, caller.signal),
    clock.sleep(60_000, caller.signal),
    clock.sleep(5, AbortSignal.abort()),
  ])
  await clock.advance(10)
  caller.abort()
  expect((await sleeps).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect(clock.pendingTimers).toBe(0)
})
