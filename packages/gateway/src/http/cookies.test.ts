import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cookieValue } from './cookies.js'

describe('cookieValue', () => {
  it.each([
    ['sid=1', '1'],
    ['a=2; sid=1', '1'],
    ['a=2;sid=1;b=3', '1'],
    ['a=2; \t sid=1 ; b=3', '1'],
    ['sid=', ''],
    ['sid="1"', '"1"'],
    ['sid=a=b', 'a=b'],
    ['sid=first; sid=second', 'first'],
    ['xsid=2; sid=1', '1'],
    ['sidx=2; sid=1', '1'],
    ['a=sid; sid=1', '1'],
    ['a=sid=2; sid=1', '1'],
    ['a= sid=2', undefined],
    ['sidsid=2', undefined],
    ['SID=1', undefined],
    ['sid', undefined],
    ['', undefined],
  ])('of %j is %j', (cookie, value) => {
    expect(cookieValue(['Cookie', cookie], 'sid')).toBe(value)
  })

  it('is found in any of several fields, whatever their case', () => {
    expect(cookieValue(['Accept', 'sid=0', 'COOKIE', 'a=1', 'cookie', 'b=2; sid=3'], 'sid')).toBe('3')
    expect(cookieValue(['Accept', 'sid=0'], 'sid')).toBeUndefined()
  })

  it('is what splitting all pairs finds', () => {
    const pair = fc
      .tuple(fc.constantFrom('sid', 'xsid', 'sidx', 's', 'sidsid'), fc.constantFrom('', '1', 'sid', 'sid=2', '='))
      .map((parts) => parts.join('='))
    const sent = fc.array(pair).map((pairs) => pairs.join('; '))
    const split = (cookie: string) =>
      cookie
        .split(';')
        .map((text) => text.trim())
        .find((text) => text.startsWith('sid='))
        ?.slice(4)
    fc.assert(fc.property(sent, (cookie) => cookieValue(['Cookie', cookie], 'sid') === split(cookie)))
  })
})
