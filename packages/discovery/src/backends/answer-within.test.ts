import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { answerWithin } from './answer-within.js'

describe('answerWithin', () => {
  it('gives the answer, or the failure, and keeps no timer', async () => {
    const clock = new FakeClock()
    expect(await answerWithin(clock, () => Promise.resolve(7))).toBe(7)
    await expect(answerWithin(clock, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(clock.pendingTimers).toBe(0)
  })

  it('rejects after 5 s, and drops what comes later', async () => {
    const clock = new FakeClock()
    let answer: (value: number) => void = () => undefined
    const waiting = expect(answerWithin(clock, () => new Promise((resolve) => (answer = resolve)))).rejects.toThrow(
      'The registry did not answer within 5000 ms',
    )
    await clock.advance(5_000)
    answer(7)
    await waiting
  })

  it('rejects where the call throws', async () => {
    const call = () => {
      throw new Error('no client')
    }
    await expect(answerWithin(new FakeClock(), call)).rejects.toThrow('no client')
  })
})
