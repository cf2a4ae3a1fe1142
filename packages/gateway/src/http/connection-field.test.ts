import { describe, expect, it } from 'vitest'
import { connectionFields, withoutFields } from './connection-field.js'

describe('connectionFields', () => {
  it.each(['', 'close', 'keep-alive', 'Keep-Alive', ' , ', 'close, keep-alive'])('of %j are none', (value) => {
    expect(connectionFields(value, undefined)).toBeUndefined()
  })

  it('are the named ones, in lower case', () => {
    expect(connectionFields('close, X-A,x-b ,\tUpgrade', undefined)).toEqual(new Set(['x-a', 'x-b', 'upgrade']))
  })

  it('are never those that services rely on', () => {
    const value =
      'Host, Authorization, Cookie, Set-Cookie, Via, X-Request-Id, Forwarded, X-Forwarded-For, x-forwarded-port, Content-Length, content-type, X-Authorization'
    expect(connectionFields(value, undefined)).toEqual(new Set(['x-authorization']))
  })

  it.each([
    'X-User-Id, x-user, X-Auth-Request-Email, X-Authenticated-Userid, X-Consumer-Groups, X-Client-Cert, X-Tenant-Id, X-Account, Remote-User',
    'X-Real-IP, Cache-Control, traceparent, TraceState, Idempotency-Key',
  ])('are never what tells who calls and what was asked: %s', (value) => {
    expect(connectionFields(value, undefined)).toBeUndefined()
  })

  it('are others that begin like those', () => {
    const value = 'x-userland, x-real-ip-2, x-authority, cache-control-2'
    expect(connectionFields(value, undefined)).toEqual(new Set(['x-userland', 'x-real-ip-2', 'x-authority', 'cache-control-2']))
  })

  it('collect over several lines', () => {
    const first = connectionFields('x-a', undefined)
    expect(connectionFields('close', first)).toBe(first)
    expect(connectionFields('x-b', first)).toEqual(new Set(['x-a', 'x-b']))
  })
})

it('withoutFields keeps order and multiplicity of the rest', () => {
  expect(withoutFields(['A', '1', 'b', '2', 'a', '3', 'B', '4'], new Set(['a']))).toEqual(['b', '2', 'B', '4'])
})
