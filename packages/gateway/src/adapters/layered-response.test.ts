import { describe, expect, it } from 'vitest'
import { withListsOfValues } from './layered-response.js'

describe('withListsOfValues', () => {
  it('brings fields of one name together where the first stood, and leaves the rest as it is', () => {
    expect(withListsOfValues(['Set-Cookie', 'a=1', 'X-A', '1', 'set-cookie', 'b=2', 'Vary', 'Accept', 'Set-Cookie', 'c=3'])).toEqual([
      'Set-Cookie',
      ['a=1', 'b=2', 'c=3'],
      'X-A',
      '1',
      'Vary',
      'Accept',
    ])
  })

  it('knows names that objects have', () => {
    expect(withListsOfValues(['constructor', '1', '__proto__', '2', 'constructor', '3'])).toEqual([
      'constructor',
      ['1', '3'],
      '__proto__',
      '2',
    ])
  })
})
