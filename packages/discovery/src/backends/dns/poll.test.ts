import { FakeClock, ScriptedRandom } from '@hazeljs/core/testing'
import { expect, it, vi } from 'vitest'
import { poll } from './poll.js'

function setup(answers: readonly (number | Error)[], random = new ScriptedRandom(...answers.map(() => 0))) {
  const clock = new FakeClock()
  const left = [...answers]
  const askedAt: number[] = []
  const failed = vi.fn()
  const ask = () => {
    askedAt.push(clock.now())
    const answer = left.shift()
    if (typeof answer === 'number') return Promise.resolve(answer)
    return answer === undefined ? new Promise<number>(() => undefined) : Promise.reject(answer)
  }
  const stop = poll({ ask, failed, retryMs: 100, maxRetryMs: 1_000, clock, random })
  return { clock, askedAt, failed, stop }
}

it('asks at once, and then when the last answer says', async () => {
  const { clock, askedAt } = setup([500, 2_000])
  await clock.advance(10_000)
  expect(askedAt).toEqual([0, 500, 2_500])
})

it('asks up to a fifth later than it could, never earlier', async () => {
  const { clock, askedAt } = setup([1_000, 1_000, 1_000], new ScriptedRandom(0, 0.5, 0.999))
  await clock.advance(10_000)
  expect(askedAt.map(Math.round)).toEqual([0, 1_000, 2_100, 3_300])
})

it('waits longer after each failure in a row, up to the most', async () => {
  const error = new Error('away')
  const { clock, askedAt, failed } = setup([error, error, error, error, error, error, 5, error, 5])
  await clock.advance(10_000)
  expect(askedAt).toEqual([0, 100, 300, 700, 1_500, 2_500, 3_500, 3_505, 3_605, 3_610])
  expect(failed).toHaveBeenCalledTimes(7)
  expect(failed).toHaveBeenCalledWith(error)
})

it('leaves no timer when it is stopped, before an answer or after', async () => {
  const { clock, askedAt, stop } = setup([1_000])
  stop()
  await clock.advance(0)
  expect([askedAt, clock.pendingTimers]).toEqual([[0], 0])
  const other = setup([1_000])
  await other.clock.advance(0)
  expect(other.clock.pendingTimers).toBe(1)
  other.stop()
  expect(other.clock.pendingTimers).toBe(0)
})
