import { ScriptedRandom, SeededRandom } from '@hazeljs/core/testing'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { CanaryConfig } from '../../config/canary-config.js'
import { Assigner } from './assigner.js'
import { canaryWithoutEvidence, noBucket, stableWithoutEvidence } from './assignment.js'

const plain: CanaryConfig = {
  stable: { version: '1.0.0', weight: 90 },
  canary: { version: '2.0.0', weight: 10 },
  promotion: { strategy: 'error-rate' },
}

const noChance = new ScriptedRandom()

const byHeader = (salt = 'rollout', random = noChance) => new Assigner({ ...plain, stickyBy: { header: 'X-User' } }, salt, random)
const user = (name: string) => ['x-user', name]

describe('by chance', () => {
  it('sends the weight’s share to the canary, and is evidence in the epoch without a bucket', () => {
    const assigner = new Assigner(plain, 'rollout', new ScriptedRandom(0, 0.0999, 0.1, 0.999))
    const assigned = Array.from({ length: 4 }, () => assigner.assign([], '192.0.2.1', 10, 3, true))
    expect(assigned.map(({ arm }) => arm)).toEqual(['canary', 'canary', 'stable', 'stable'])
    expect(assigned[0]).toEqual({ arm: 'canary', epoch: 3, bucket: noBucket })
    expect(assigned[1]).toBe(assigned[0])
    expect(Object.isFrozen(assigned[0])).toBe(true)
  })

  it('draws nothing where all go to one arm', () => {
    const assigner = new Assigner(plain, 'rollout', noChance)
    expect(assigner.assign([], '', 0, 1, true).arm).toBe('stable')
    expect(assigner.assign([], '', 100, 2, true)).toEqual({ arm: 'canary', epoch: 2, bucket: noBucket })
  })

  it('is kept to by requests without the key, or with an empty one', () => {
    const assigner = byHeader('rollout', new ScriptedRandom(0, 0.5))
    expect(assigner.assign([], '', 10, 1, true)).toEqual({ arm: 'canary', epoch: 1, bucket: noBucket })
    expect(assigner.assign(user(''), '', 10, 1, true)).toEqual({ arm: 'stable', epoch: 1, bucket: noBucket })
  })

  it('takes parts of a per cent', () => {
    const assigner = new Assigner(plain, 'rollout', new SeededRandom(3))
    let canary = 0
    for (let i = 0; i < 100_000; i++) if (assigner.assign([], '', 0.5, 1, true).arm === 'canary') canary++
    expect(canary / 100_000).toBeCloseTo(0.005, 3)
  })
})

describe('by key', () => {
  const keyOfEachBucket: string[] = []
  beforeAll(() => {
    const assigner = byHeader()
    for (let i = 0, found = 0; found < 10_000; i++) {
      const { bucket } = assigner.assign(user(`${i}`), '', 10, 1, true)
      if (keyOfEachBucket[bucket] === undefined) found++
      keyOfEachBucket[bucket] = `${i}`
    }
  })

  it('keeps a key with its arm and bucket, on every process', () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      const first = byHeader().assign(user(name), '192.0.2.1', 50, 1, true)
      expect(byHeader().assign(['Accept', '*/*', 'X-User', name], '192.0.2.2', 50, 1, true)).toEqual(first)
      expect(first.bucket).toBeGreaterThanOrEqual(0)
      expect(first.bucket).toBeLessThan(10_000)
    }
  })

  it('only moves keys from stable to the canary when the weight rises', () => {
    const weight = fc.double({ min: 0, max: 100, noNaN: true })
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), weight, weight, (key, salt, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a]
        const assigner = byHeader(salt)
        const before = assigner.assign(user(key), '', low, 1, true)
        const after = assigner.assign(user(key), '', high, 2, true)
        expect(after.bucket).toBe(before.bucket)
        expect(before.arm === 'canary' && after.arm === 'stable').toBe(false)
        expect(assigner.assign(user(key), '', 0, 3, true).arm).toBe('stable')
        expect(assigner.assign(user(key), '', 100, 4, true).arm).toBe('canary')
      }),
    )
  })

  it.each([0.5, 1, 7, 10, 29, 33.33, 57, 99.5])('gives a weight of %d per cent its share of the buckets, to the bucket', (weight) => {
    const assigner = byHeader()
    const arms = keyOfEachBucket.map((key) => assigner.assign(user(key), '', weight, 1, true).arm)
    expect(arms.filter((arm) => arm === 'canary')).toHaveLength(Math.round(weight * 100))
  })

  it('picks other keys first in another rollout', () => {
    const chosenIn = (salt: string) => {
      const assigner = byHeader(salt)
      return Array.from({ length: 10_000 }, (_, i) => assigner.assign(user(`user-${i}`), '', 10, 1, true).arm === 'canary')
    }
    const [first, second] = [chosenIn('/a: 1.0.0 → 2.0.0'), chosenIn('/a: 1.0.0 → 2.0.1')]
    const both = first.filter((chosen, i) => chosen && second[i])
    expect(first.filter(Boolean).length).toBeGreaterThan(900)
    expect(both.length).toBeLessThan(150)
  })

  it('takes clients by their address, those of IPv6 by their /64', () => {
    const assigner = new Assigner({ ...plain, stickyBy: 'ip' }, 'rollout', noChance)
    const bucketOf = (ip: string) => assigner.assign([], ip, 10, 1, true).bucket
    expect(bucketOf('192.0.2.1')).toBe(bucketOf('192.0.2.1'))
    expect(bucketOf('192.0.2.1')).not.toBe(bucketOf('192.0.2.2'))
    expect(bucketOf('2001:db8:0:1::5')).toBe(bucketOf('2001:db8:0:1:a:b:c:d'))
    expect(bucketOf('2001:db8:0:1::5')).not.toBe(bucketOf('2001:db8:0:2::5'))
  })

  it('draws clients without an address, as those of a Unix socket', () => {
    const assigner = new Assigner({ ...plain, stickyBy: 'ip' }, 'rollout', new ScriptedRandom(0))
    expect(assigner.assign([], '', 10, 1, true)).toEqual({ arm: 'canary', epoch: 1, bucket: noBucket })
  })
})

describe('by cookie', () => {
  const issuing = { ...plain, stickyBy: { cookie: 'arm', issue: true } }

  it('reads it among others', () => {
    const byCookie = new Assigner({ ...plain, stickyBy: { cookie: 'arm' } }, 'rollout', noChance)
    expect(byCookie.assign(['Cookie', 'a=1; arm=alice; b=2'], '', 50, 1, true)).toEqual(byHeader().assign(user('alice'), '', 50, 1, true))
  })

  it('gives a key to clients that have none, which leads to the same arm when it comes back', () => {
    const assigner = new Assigner(issuing, 'rollout', new ScriptedRandom(0.5, 0.25))
    const first = assigner.assign(['Cookie', 'a=1'], '', 50, 1, true)
    expect(first.issuedKey).toBe('0000000800000004')
    const { arm, bucket } = first
    expect(assigner.assign(['Cookie', `arm=${first.issuedKey}`], '', 50, 1, true)).toEqual({ arm, bucket, epoch: 1 })
  })

  it('gives none where all go to one arm, and none without `issue`', () => {
    const assigner = new Assigner(issuing, 'rollout', noChance)
    expect(assigner.assign([], '', 0, 1, true)).toEqual({ arm: 'stable', epoch: 1, bucket: noBucket })
    expect(assigner.assign([], '', 100, 1, true)).toEqual({ arm: 'canary', epoch: 1, bucket: noBucket })
    const silent = new Assigner({ ...plain, stickyBy: { cookie: 'arm' } }, 'rollout', new ScriptedRandom(0))
    expect(silent.assign([], '', 10, 1, true)).toEqual({ arm: 'canary', epoch: 1, bucket: noBucket })
  })
})

describe('by wish', () => {
  const config = { ...plain, stickyBy: { cookie: 'arm', issue: true }, override: { header: 'X-Arm', cookie: 'tester' } }
  const assign = (rawHeaders: readonly string[], overridable = true) =>
    new Assigner(config, 'rollout', new SeededRandom(1)).assign(rawHeaders, '', 50, 7, overridable)

  it.each([
    ['stable', stableWithoutEvidence],
    ['canary', canaryWithoutEvidence],
    ['1.0.0', stableWithoutEvidence],
    ['2.0.0', canaryWithoutEvidence],
  ])('%s, in the header or the cookie, and is no evidence', (wish, assignment) => {
    expect(assign(['x-arm', wish])).toBe(assignment)
    expect(assign(['cookie', `arm=alice; tester=${wish}`])).toBe(assignment)
  })

  it('asks the header first', () => {
    expect(assign(['cookie', 'tester=stable', 'x-arm', 'canary']).arm).toBe('canary')
  })

  it.each(['', 'Canary', '3.0.0', 'true'])('but not %j', (wish) => {
    expect(assign(['x-arm', wish]).epoch).toBe(7)
    expect(assign(['cookie', `tester=${wish}`]).epoch).toBe(7)
    expect(assign(['x-arm', wish, 'cookie', 'tester=canary'])).toBe(canaryWithoutEvidence)
  })

  it('unless nobody may', () => {
    expect(assign(['x-arm', 'canary'], false).epoch).toBe(7)
  })
})
