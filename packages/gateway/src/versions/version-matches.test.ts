import { describe, expect, it } from 'vitest'
import type { VersionMatch } from '../config/version-config.js'
import { versionMatcher } from './version-matches.js'

function fits(match: VersionMatch, ...rawHeaders: string[]): boolean {
  return versionMatcher({ v1: {}, v2: { match } })?.(rawHeaders) === 'v2'
}

describe('versionMatcher', () => {
  it('is none where no version has a match', () => {
    expect(versionMatcher({ v1: {}, v2: { weight: 100 } })).toBeUndefined()
  })

  it('compares the value of a header, whose name has no case', () => {
    const match = { header: { 'X-Beta': '1' } }
    expect(fits(match, 'x-beta', '1')).toBe(true)
    expect(fits(match, 'X-BETA', '1')).toBe(true)
    expect(fits(match, 'X-Beta', '10')).toBe(false)
    expect(fits(match, 'X-Beta', '0', 'X-Beta', '1')).toBe(false)
    expect(fits(match)).toBe(false)
  })

  it('compares the value of a cookie, whose name has case', () => {
    const match = { cookie: { group: 'b' } }
    expect(fits(match, 'Cookie', 'a=1; group=b')).toBe(true)
    expect(fits(match, 'Cookie', 'Group=b')).toBe(false)
    expect(fits(match, 'Cookie', 'subgroup=b')).toBe(false)
    expect(fits(match, 'group', 'b')).toBe(false)
  })

  it('takes any value, the empty one too', () => {
    expect(fits({ header: { 'X-Beta': true } }, 'X-Beta', '')).toBe(true)
    expect(fits({ header: { 'X-Beta': true } }, 'X-Alpha', '1')).toBe(false)
    expect(fits({ cookie: { beta: true } }, 'Cookie', 'beta=')).toBe(true)
  })

  it('takes starts, and expressions for the whole value', () => {
    expect(fits({ header: { 'User-Agent': { prefix: 'Shop/2.' } } }, 'User-Agent', 'Shop/2.7 (iOS)')).toBe(true)
    expect(fits({ header: { 'User-Agent': { prefix: 'Shop/2.' } } }, 'User-Agent', 'My Shop/2.7')).toBe(false)
    expect(fits({ header: { 'X-User': { regex: 'a|b.*' } } }, 'X-User', 'b7')).toBe(true)
    expect(fits({ header: { 'X-User': { regex: 'a|b.*' } } }, 'X-User', 'ab')).toBe(false)
    expect(fits({ header: { 'X-User': { regex: '.*' } } })).toBe(false)
  })

  it('wants all conditions, and takes the first version that fits', () => {
    const match = { header: { 'X-Beta': '1' }, cookie: { group: 'b' } }
    expect(fits(match, 'X-Beta', '1', 'Cookie', 'group=b')).toBe(true)
    expect(fits(match, 'X-Beta', '1')).toBe(false)
    const both = versionMatcher({ v3: { match: { header: { 'X-Beta': '1' } } }, v2: { match: { header: { 'X-Beta': true } } } })
    expect(both?.(['X-Beta', '1'])).toBe('v3')
    expect(both?.(['X-Beta', '2'])).toBe('v2')
  })
})
