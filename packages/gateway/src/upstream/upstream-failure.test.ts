import { describe, expect, it } from 'vitest'
import { ConnectionError } from './connection-error.js'
import { isIdempotent, upstreamFailure } from './upstream-failure.js'

describe('isIdempotent', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'QUERY'])('%s is', (method) => {
    expect(isIdempotent(method, [])).toBe(true)
  })

  it.each(['POST', 'PATCH', 'LOCK', 'get'])('%s is not, unless the client says so', (method) => {
    expect(isIdempotent(method, ['X-Idempotency-Key', 'a'])).toBe(false)
    expect(isIdempotent(method, ['Accept', '*', 'IDEMPOTENCY-key', 'a'])).toBe(true)
  })
})

describe('upstreamFailure', () => {
  it.each([
    { cause: new ConnectionError('unreachable', ''), neverSent: true, code: 'UPSTREAM_UNREACHABLE', status: 502 },
    { cause: new ConnectionError('connect-timeout', ''), neverSent: true, code: 'UPSTREAM_TIMEOUT', status: 504 },
    { cause: new ConnectionError('reset', ''), neverSent: false, code: 'UPSTREAM_RESET', status: 502 },
    { cause: new ConnectionError('stale', ''), neverSent: false, code: 'UPSTREAM_RESET', status: 502 },
    { cause: new ConnectionError('silent', ''), neverSent: false, code: 'UPSTREAM_TIMEOUT', status: 504 },
    { cause: new ConnectionError('invalid-answer', ''), neverSent: false, code: 'UPSTREAM_INVALID', status: 502 },
    { cause: new Error('a host that is none'), neverSent: true, code: 'UPSTREAM_UNREACHABLE', status: 502 },
    { cause: new Error('whatever'), neverSent: false, code: 'UPSTREAM_RESET', status: 502 },
  ])('$cause.name $cause.code: $code', ({ cause, neverSent, code, status }) => {
    const failure = upstreamFailure(cause, neverSent, true)
    expect(failure).toMatchObject({ code, status, neverSent, repeatable: true, cause })
    expect(failure.detail).toBeUndefined()
  })

  it('says that repeating helps nobody where the request is at fault', () => {
    const cause = new ConnectionError('invalid-request', 'The body is shorter than its Content-Length')
    expect(upstreamFailure(cause, true, true)).toMatchObject({ status: 400, neverSent: false, repeatable: false })
  })
})
