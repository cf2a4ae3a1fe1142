import { expect, it } from 'vitest'
import { sameDefinition } from './same-definition.js'

const key = () => 'a'

it.each([
  [1, 1],
  [NaN, NaN],
  [
    [1, { a: 2 }],
    [1, { a: 2 }],
  ],
  [
    { a: 1, b: { c: [] } },
    { b: { c: [] }, a: 1 },
  ],
  [{ a: 1 }, { a: 1, b: undefined }],
  [{ key }, { key }],
])('%o says the same as %o', (a, b) => {
  expect(sameDefinition(a, b)).toBe(true)
  expect(sameDefinition(b, a)).toBe(true)
})

it.each([
  [1, '1'],
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { a: 1, b: null }],
  [[1, 2], [1]],
  [[1], { 0: 1 }],
  [{ key }, { key: () => 'a' }],
  [new Map(), new Map()],
  [null, {}],
])('%o does not say the same as %o', (a, b) => {
  expect(sameDefinition(a, b)).toBe(false)
  expect(sameDefinition(b, a)).toBe(false)
})
