import { describe, expect, it } from 'vitest'
import { queryValue } from './query-value.js'

describe('queryValue', () => {
  it.each([
    ['?version=v2', 'v2'],
    ['version=v2', 'v2'],
    ['?a=1&version=v2&b=2', 'v2'],
    ['?version=v1&version=v2', 'v1'],
    ['?version=v%32', 'v2'],
    ['?version=a+b', 'a b'],
    ['?version=%zz', '%zz'],
    ['?version=', ''],
    ['?version', ''],
    ['?versions=v2', undefined],
    ['?xversion=v2', undefined],
    ['?a=version=v2', undefined],
    ['?', undefined],
    ['', undefined],
    ['?&&version=v2', 'v2'],
  ])('finds the first value in %s', (query, value) => {
    expect(queryValue(query, 'version')).toBe(value)
  })
})
