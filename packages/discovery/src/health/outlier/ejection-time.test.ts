import { ScriptedRandom } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { detecting } from './outlier-detector.fixture.js'

describe('the time of an ejection', () => {
  it('grows with each one up to the longest', async () => {
    const { record, ejections, clock } = detecting(4, { baseEjection: '30s', maxEjection: '80s' })
    for (let time = 0; time < 5; time++) {
      record(0, 'failure', 5)
      await clock.advance(ejections.at(-1)?.durationMs ?? 0)
    }
    expect(ejections.map(({ durationMs }) => durationMs)).toEqual([30_000, 60_000, 80_000, 80_000, 80_000])
  })

  it('grows no further than the longest, and so shrinks again at once', async () => {
    const { record, ejections, clock } = detecting(4, { baseEjection: '30s', maxEjection: '80s' })
    for (let time = 0; time < 20; time++) {
      record(0, 'failure', 5)
      await clock.advance(ejections.at(-1)?.durationMs ?? 0)
    }
    await clock.advance(40_000)
    record(0, 'failure', 5)
    expect(ejections.at(-1)?.durationMs).toBe(30_000)
  })

  it('is 30 s more each time in a row, and one less for each interval without any', async () => {
    const { record, ejections, clock } = detecting(4)
    const last = () => ejections.at(-1)?.durationMs
    record(0, 'failure', 5)
    await clock.advance(30_000)
    record(0, 'failure', 5)
    expect(last()).toBe(60_000)
    await clock.advance(60_000)
    record(0, 'failure', 5)
    expect(last()).toBe(90_000)
    await clock.advance(90_000 + 20_000)
    record(0, 'failure', 5)
    expect(last()).toBe(60_000)
    await clock.advance(60_000 + 200_000)
    record(0, 'failure', 5)
    expect(last()).toBe(30_000)
  })

  it('is up to 10 % longer by chance', () => {
    const { record, ejections } = detecting(4, {}, new ScriptedRandom(0.5))
    record(0, 'failure', 5)
    expect(ejections[0]?.durationMs).toBeCloseTo(31_500)
  })

  it('is over when the clock was frozen meanwhile', async () => {
    const { record, ejected, clock } = detecting(4)
    record(0, 'failure', 5)
    clock.jump(3_600_000)
    await clock.advance(0)
    expect(ejected()).toEqual([])
  })
})
