import { describe, expect, it } from 'vitest'
import { mirrorHead } from './mirror-head.js'

describe('mirrorHead', () => {
  it('says that it is a copy, and goes without credentials', () => {
    const head = mirrorHead([
      'Authorization',
      'x',
      'X-A',
      '1',
      'COOKIE',
      'a=1',
      'host',
      'shop',
      'X-Shadow',
      '0',
      'X-A',
      '2',
      'via',
      '1.1 us',
    ])
    expect(head).toEqual(['X-Shadow', '1', 'X-A', '1', 'X-A', '2', 'via', '1.1 us'])
  })
})
