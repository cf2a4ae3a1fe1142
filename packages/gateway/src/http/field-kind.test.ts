import { describe, expect, it } from 'vitest'
import { fieldKind, type FieldKind } from './field-kind.js'

const known: readonly (readonly [string, FieldKind])[] = [
  ['TE', 'hop'],
  ['Trailer', 'hop'],
  ['Upgrade', 'hop'],
  ['HTTP2-Settings', 'hop'],
  ['Keep-Alive', 'hop'],
  ['Proxy-Connection', 'hop'],
  ['Transfer-Encoding', 'hop'],
  ['Proxy-Authenticate', 'hop'],
  ['Proxy-Authorization', 'hop'],
  ['Connection', 'connection'],
  ['Host', 'host'],
  ['Expect', 'expect'],
  ['Via', 'via'],
  ['Content-Length', 'content-length'],
  ['Content-Type', 'content-type'],
  ['Forwarded', 'forwarded'],
  ['X-Request-Id', 'x-request-id'],
  ['X-Forwarded-For', 'x-forwarded-for'],
  ['X-Forwarded-Proto', 'x-forwarded-proto'],
  ['X-Forwarded-Host', 'x-forwarded-host'],
  ['X-Forwarded-Port', 'forwarded'],
  ['X-Forwarded-Prefix', 'forwarded'],
]

describe('fieldKind', () => {
  it.each(known)('of %s is %s, in any case', (name, kind) => {
    expect([name, name.toLowerCase(), name.toUpperCase()].map(fieldKind)).toEqual([kind, kind, kind])
  })

  it.each(known)('of what only resembles %s is pass', (name) => {
    const last = name.endsWith('z') ? 'q' : 'z'
    const other = name.slice(0, -1) + last
    expect(fieldKind(other)).toBe(/^x-forwarded-/i.test(other) ? 'forwarded' : 'pass')
    expect(fieldKind(`${name.slice(0, 1)}\u0000${name.slice(2)}`)).toBe('pass')
  })

  it.each([
    '',
    'Accept',
    'Cookie',
    'Set-Cookie',
    'Authorization',
    'User-Agent',
    'X-Real-Ip',
    'X-Forwarded',
    'Content-Encoding',
    'X_Forwarded_For',
  ])('of %j is pass', (name) => {
    expect(fieldKind(name)).toBe('pass')
  })
})
