import fc from 'fast-check'
import { expect, it } from 'vitest'
import { srvMembers } from './srv-members.js'

const record = (name: string, priority = 0, weight = 0, port = 80) => ({ name, port, priority, weight })
const itself = (target: string) => [target]

it('lets the lowest priority serve', () => {
  const members = srvMembers([record('b', 20), record('a', 10), record('c', 10)], itself)
  expect(members.map(({ host, serves }) => [host, serves])).toEqual([
    ['a', true],
    ['c', true],
    ['b', false],
  ])
})

it('turns to the next priority when nobody of the first has an address', () => {
  const members = srvMembers([record('gone', 10), record('b', 20), record('c', 30)], (target) => (target === 'gone' ? [] : [target]))
  expect(members.map(({ host, serves }) => [host, serves])).toEqual([
    ['b', true],
    ['c', false],
  ])
})

it('prefers nobody where all weights are 0, and leaves a small chance where only some are', () => {
  const weights = (...given: number[]) =>
    srvMembers(
      given.map((weight, index) => record(`host-${index}`, 0, weight)),
      itself,
    ).map(({ weight }) => weight)
  expect(weights(0, 0)).toEqual([undefined, undefined])
  expect(weights(5, 0, 10)).toEqual([5, 0.01, 10])
})

it('shares the weight of a target among its addresses', () => {
  const members = srvMembers([record('two', 0, 10), record('one', 0, 5)], (target) => (target === 'two' ? ['a', 'b'] : ['c']))
  expect(members.map(({ host, hostname, weight }) => [host, hostname, weight])).toEqual([
    ['a', 'two', 5],
    ['b', 'two', 5],
    ['c', 'one', 5],
  ])
})

it('takes the same address and port twice as one with both weights, or of the lower priority', () => {
  const members = srvMembers([record('a', 20, 5), record('a', 10, 3), record('a', 10, 4), record('a', 10, 1, 81)], itself)
  expect(members.map(({ port, priority, weight }) => [port, priority, weight])).toEqual([
    [80, 10, 7],
    [81, 10, 1],
  ])
})

it('keeps the proportions, names everybody once, and lets somebody serve when there is anybody', () => {
  const records = fc.array(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      port: fc.integer({ min: 1, max: 3 }),
      priority: fc.nat(2),
      weight: fc.nat(65_535),
    }),
  )
  const addresses = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.uniqueArray(fc.constantFrom('1', '2', '3', '4'), { maxLength: 3 }),
  )
  fc.assert(
    fc.property(records, addresses, (given, hosts) => {
      const members = srvMembers(given, (target) => hosts[target] ?? [])
      expect(new Set(members.map(({ host, port }) => `${host} ${port}`)).size).toBe(members.length)
      const serving = members.filter(({ serves }) => serves)
      expect(serving.length > 0).toBe(members.length > 0)
      const lowest = Math.min(...members.map(({ priority }) => priority))
      expect(serving).toEqual(members.filter(({ priority }) => priority === lowest))
      const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
      const told = given.filter(({ name, priority }) => priority === lowest && (hosts[name] ?? []).length > 0)
      const group = given.filter(({ priority }) => priority === lowest)
      const expected = group.some(({ weight }) => weight > 0) ? sum(told.map(({ weight }) => (weight === 0 ? 0.01 : weight))) : 0
      expect(sum(serving.map(({ weight }) => weight ?? 0))).toBeCloseTo(expected, 3)
    }),
  )
})
