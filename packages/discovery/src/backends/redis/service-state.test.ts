import { sampleInstance } from '@hazeljs/discovery/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CorruptEntries } from '../entry-reader.js'
import { type Change, readChange } from './change-message.js'
import { InstanceReader } from './instance-reader.js'
import type { RedisClient } from './redis-client.js'
import { RegistryKeys } from './registry-keys.js'
import { ServiceState } from './service-state.js'

const leaseMs = 90

function stateOf() {
  const keys = new RegistryKeys('', { options: {} } as RedisClient).ofService('orders')
  return new ServiceState(new InstanceReader('orders', keys, new CorruptEntries('Redis', undefined)), leaseMs)
}
const textOf = (id: string) => JSON.stringify(sampleInstance({ id }))
const listing = (sequence: number, ids: readonly string[], epoch = '1') => ({
  count: { epoch, sequence },
  entries: ids.flatMap((id) => [id, textOf(id)]),
})
const put = (sequence: number, id: string, epoch = '1') => readChange(`${epoch} ${sequence} 5 put\n["${id}"]\n${textOf(id)}`)
const gone = (sequence: number, id: string, kind: 'deregistered' | 'expired' = 'expired', epoch = '1') =>
  readChange(`${epoch} ${sequence} 5 ${kind}\n["${id}"]\n`)
const idsOf = (state: ServiceState) => state.instances.map(({ id }) => id)

it('applies the next change, passes over those that the listing has, and misses none', () => {
  const state = stateOf()
  expect(state.apply(put(1, 'a'), 0)).toBe('lost')
  state.forgetHeard()
  state.adopt(listing(5, ['a']), 0, false)
  expect(state.apply(put(4, 'x'), 0)).toBe('contained')
  expect(state.apply(put(5, 'x'), 0)).toBe('contained')
  expect(state.apply(put(6, 'b'), 0)).toBe('applied')
  expect(state.apply(gone(7, 'a', 'deregistered'), 0)).toBe('applied')
  expect([idsOf(state), [...state.takeDeregistered()], [...state.takeDeregistered()]]).toEqual([['b'], ['a'], []])
  expect(state.apply(put(9, 'c'), 0)).toBe('lost')
})

it('says that changes are lost when their count goes back, or is another', () => {
  const state = stateOf()
  state.adopt(listing(10, ['a']), 0, false)
  state.apply(put(11, 'b'), 0)
  expect(state.apply(put(10, 'c'), 0)).toBe('lost')
  expect(state.apply(put(12, 'd', '2'), 0)).toBe('lost')
})

it('takes the first change of a service that had none', () => {
  const state = stateOf()
  state.adopt(listing(0, [], ''), 0, false)
  expect(state.apply(put(1, 'a'), 0)).toBe('applied')
  expect(idsOf(state)).toEqual(['a'])
})

it('keeps who is missed after a loss of data for one lease, unless it is deregistered', () => {
  const state = stateOf()
  state.adopt(listing(5, ['a', 'b', 'c']), 0, false)
  state.adopt(listing(1, ['a'], '2'), 10, false)
  expect(idsOf(state)).toEqual(['a', 'b', 'c'])
  expect(state.lingerEndsAtMs).toBe(10 + leaseMs)
  state.apply(put(2, 'b', '2'), 20)
  state.apply(gone(3, 'c', 'deregistered', '2'), 20)
  expect([idsOf(state), state.lingerEndsAtMs]).toEqual([['a', 'b'], Infinity])
  state.apply(gone(4, 'a', 'expired', '2'), 30)
  expect(idsOf(state)).toEqual(['b', 'a'])
  state.endLingering()
  expect(idsOf(state)).toEqual(['b'])
  state.apply(gone(5, 'b', 'expired', '2'), 10 + leaseMs)
  expect(idsOf(state)).toEqual([])
})

it('keeps nobody where the registry was there all the time', () => {
  const state = stateOf()
  state.adopt(listing(5, ['a', 'b']), 0, false)
  state.adopt(listing(7, ['a']), 10, false)
  expect(idsOf(state)).toEqual(['a'])
})

it('ends as the registry is, whichever changes are late, once none is lost', () => {
  const step = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), kind: fc.constantFrom('put', 'expired', 'deregistered') })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.nat(20), fc.nat(20), (steps, listedAfter, toldFrom) => {
      const present = new Set<string>()
      const changes: Change[] = []
      const state = stateOf()
      const at = Math.min(listedAfter, steps.length)
      if (at === 0) state.adopt(listing(0, []), 0, false)
      steps.forEach(({ id, kind }, index) => {
        if (kind === 'put') present.add(id)
        else present.delete(id)
        changes.push(kind === 'put' ? put(index + 1, id) : gone(index + 1, id, kind))
        if (index + 1 === at) state.adopt(listing(at, [...present]), 0, false)
      })
      for (const change of changes.slice(Math.min(toldFrom, at))) expect(state.apply(change, 0)).not.toBe('lost')
      expect(idsOf(state).sort()).toEqual([...present].sort())
    }),
  )
})
