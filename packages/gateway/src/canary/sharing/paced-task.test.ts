import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { PacedTask } from './paced-task.js'

function paced(takesMs = 0, pauseMs = 100) {
  const clock = new FakeClock()
  const begun: number[] = []
  let underWay = 0
  const task = new PacedTask(
    clock,
    async () => {
      begun.push(clock.now())
      expect(++underWay).toBe(1)
      await clock.sleep(takesMs)
      underWay--
    },
    () => pauseMs,
  )
  return { clock, begun, task }
}

describe('PacedTask', () => {
  it('runs when it is wanted, and then after each pause', async () => {
    const { clock, begun, task } = paced(5)
    await clock.advance(1_000)
    task.want(10)
    await clock.advance(330)
    expect(begun).toEqual([1_010, 1_115, 1_220, 1_325])
  })

  it('runs sooner where somebody wants it, and never later', async () => {
    const { clock, begun, task } = paced()
    task.want(0)
    await clock.advance(50)
    task.want(20)
    task.want(80)
    await clock.advance(30)
    task.want(500)
    await clock.advance(100)
    expect(begun).toEqual([0, 70, 170])
  })

  it('never runs twice at a time: what is wanted meanwhile follows at once, and who wants it now gets the one under way', async () => {
    const { clock, begun, task } = paced(50)
    task.want(0)
    await clock.advance(20)
    task.want(0)
    task.want(500)
    const now = task.now()
    expect(task.now()).toBe(now)
    await clock.advance(31)
    await now
    expect(begun).toEqual([0, 50])
    await clock.advance(149)
    expect(begun).toEqual([0, 50, 200])
  })

  it('ends with the run under way, and for good', async () => {
    const { clock, begun, task } = paced(50)
    task.want(0)
    await clock.advance(10)
    task.want(0)
    const ended = task.end()
    await clock.advance(40)
    await ended
    task.want(0)
    await task.now()
    await clock.advance(1_000)
    expect([begun, clock.pendingTimers]).toEqual([[0], 0])
  })
})
