import { SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../../testing/sample-instance.js'
import { detecting } from './outlier-detector.fixture.js'

describe('how many may be ejected', () => {
  it.each([
    [1, 30, 0],
    [2, 30, 1],
    [3, 30, 1],
    [4, 30, 1],
    [6, 30, 1],
    [7, 30, 2],
    [10, 30, 3],
    [100, 7, 7],
    [10, 100, 9],
    [2, 1, 1],
    [10, 0, 0],
  ])('of %i with %i %% are %i', (size, maxEjectedPercent, most) => {
    const { record, ejected } = detecting(size, { maxEjectedPercent })
    for (let index = 0; index < size; index++) record(index, 'failure', 5)
    expect(ejected()).toHaveLength(most)
  })

  it('is counted over those that are UP', () => {
    const { detector, members, record, ejected } = detecting(10)
    const status = (index: number) => (index < 4 ? ('UP' as const) : ('DOWN' as const))
    detector.update(members.map((instance, index) => ({ ...instance, status: status(index) })))
    for (let index = 9; index >= 0; index--) record(index, 'failure', 5)
    expect(ejected()).toEqual([3])
  })

  it('shrinks with the service: who would return next returns at once', async () => {
    const { detector, members, record, ejected, readmissions, clock } = detecting(10)
    for (const index of [2, 0, 1]) {
      record(index, 'failure', 5)
      await clock.advance(1_000)
    }
    detector.update(members.slice(0, 4))
    expect(readmissions).toMatchObject([{ reason: 'cap' }, { reason: 'cap' }])
    expect(ejected()).toEqual([1])
    detector.update(members.slice(1, 2))
    expect(ejected()).toEqual([])
  })
})

const size = 12
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('fail' as const), index: fc.nat(size - 1), count: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('succeed' as const), index: fc.nat(size - 1), count: fc.integer({ min: 1, max: 60 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      up: fc.array(fc.constantFrom('UP', 'DOWN', 'gone'), { minLength: size, maxLength: size }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('readmit' as const), index: fc.nat(size - 1) }) },
)

describe('whatever happens', () => {
  it('the last one stays, no more than the share are out, and everyone returns', async () => {
    const maxEjectedPercent = fc.integer({ min: 0, max: 100 })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), maxEjectedPercent, fc.nat(), async (steps, percent, seed) => {
        const setup = detecting(size, { maxEjectedPercent: percent, minRequests: 30 }, new SeededRandom(seed))
        const { detector, clock, record, readmissions, ejections } = setup
        let members = setup.members
        const holds = () => {
          const up = members.filter(({ status }) => status === 'UP')
          const out = up.filter((instance) => detector.of(instance).ejected).length
          const most = percent === 0 ? 0 : Math.max(1, Math.floor((up.length * percent) / 100))
          expect(out).toBeLessThanOrEqual(Math.min(Math.max(0, up.length - 1), most))
        }
        for (const one of steps) {
          const member = 'index' in one ? members.find(({ port }) => port === 3_000 + one.index) : undefined
          if (one.kind === 'wait') await clock.advance(one.ms)
          else if (one.kind === 'update') {
            members = one.up.flatMap((status, index) =>
              status === 'gone' ? [] : [sampleInstance({ port: 3_000 + index, status: status as 'UP' })],
            )
            detector.update(members)
          } else if (member !== undefined && one.kind === 'readmit') detector.readmit(member.id)
          else if (member !== undefined)
            record(one.index, one.kind === 'fail' ? 'failure' : 'success', one.kind === 'readmit' ? 0 : one.count)
          holds()
        }
        await clock.advance(330_000)
        expect(members.filter((instance) => detector.of(instance).ejected)).toEqual([])
        await clock.advance(400_000)
        expect(clock.pendingTimers).toBe(0)
        expect(readmissions.length).toBeLessThanOrEqual(ejections.length)
      }),
      { numRuns: 150 },
    )
  })
})
