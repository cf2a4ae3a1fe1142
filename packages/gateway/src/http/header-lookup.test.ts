import { describe, expect, it } from 'vitest'
import { headerValue, headerValues } from './header-lookup.js'

const raw = ['Host', 'a', 'X-A', '1', 'x-a', '2', 'X-AB', '3', 'Value', 'host']

describe('looking up fields', () => {
  it('finds the first value, in any case of the name', () => {
    expect(headerValue(raw, 'x-a')).toBe('1')
    expect(headerValue(raw, 'host')).toBe('a')
    expect(headerValue(raw, 'x-abc')).toBeUndefined()
  })

  it('finds all values, in order', () => {
    expect(headerValues(raw, 'x-a')).toEqual(['1', '2'])
    expect(headerValues(raw, 'none')).toEqual([])
  })

  it('does not take a value for a name', () => {
    expect(headerValues(['X-A', 'host', 'X-B', 'y'], 'host')).toEqual([])
  })
})
