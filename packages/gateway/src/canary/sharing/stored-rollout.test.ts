import { describe, expect, it } from 'vitest'
import { emptyTally } from '../rollout/rollout.js'
import { firstState } from '../rollout/rollout-moves.js'
import { checkStored } from './stored-rollout.js'

const stored = { rollout: firstState(10, 0), revision: 1, tally: emptyTally, leader: undefined }

describe('what a store gave', () => {
  it('is a rollout, with all that it may have', () => {
    expect(checkStored(stored)).toBe(stored)
    const past = [{ weight: 0, ...emptyTally }]
    const full = { ...stored, leader: 'm', rollout: { ...stored.rollout, slowMs: 1.5, weight: 100, past, future: 'ignored' } }
    expect(checkStored(full)).toBe(full)
  })

  it.each([
    [undefined, 'it is undefined'],
    ['text', "it is 'text'"],
    [{ ...stored, revision: '1' }, "revision is '1'"],
    [{ ...stored, leader: null }, 'leader is null'],
    [{ ...stored, rollout: null }, 'rollout.it is null'],
    [{ ...stored, rollout: { ...stored.rollout, state: 'DONE' } }, "rollout.state is 'DONE'"],
    [{ ...stored, rollout: { ...stored.rollout, weight: 101 } }, 'rollout.weight is 101'],
    [{ ...stored, rollout: { ...stored.rollout, weight: Number.NaN } }, 'rollout.weight is NaN'],
    [{ ...stored, rollout: { ...stored.rollout, epoch: -1 } }, 'rollout.epoch is -1'],
    [{ ...stored, rollout: { ...stored.rollout, slowMs: null } }, 'rollout.slowMs is null'],
    [{ ...stored, rollout: { ...stored.rollout, past: [{ weight: 10 }] } }, 'rollout.past is an array'],
    [{ ...stored, tally: { stable: emptyTally.stable } }, 'tally is an object'],
    [{ ...stored, tally: { ...emptyTally, canary: { ...emptyTally.canary, errors: 0.5 } } }, 'tally is an object'],
  ])('is none: %j', (given, message) => {
    const check = () => checkStored(given)
    expect(check).toThrow(expect.objectContaining({ code: 'ROLLOUT_UNREADABLE' }))
    expect(check).toThrow(message)
  })
})
