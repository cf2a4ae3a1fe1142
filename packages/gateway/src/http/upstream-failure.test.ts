import { describe, expect, it } from 'vitest'
import { errors } from 'undici'
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
  const system = (code: string) => Object.assign(new Error('127.0.0.1:1'), { code })

  it.each([
    { cause: system('ECONNREFUSED'), neverSent: true, code: 'UPSTREAM_UNREACHABLE', status: 502 },
    { cause: system('ENOTFOUND'), neverSent: true, code: 'UPSTREAM_UNREACHABLE', status: 502 },
    { cause: system('ECONNRESET'), neverSent: false, code: 'UPSTREAM_RESET', status: 502 },
    { cause: new errors.SocketError('other side closed'), neverSent: false, code: 'UPSTREAM_RESET', status: 502 },
    { cause: new errors.ConnectTimeoutError(), neverSent: true, code: 'UPSTREAM_TIMEOUT', status: 504 },
    { cause: new errors.HeadersTimeoutError(), neverSent: false, code: 'UPSTREAM_TIMEOUT', status: 504 },
    { cause: new errors.BodyTimeoutError(), neverSent: false, code: 'UPSTREAM_TIMEOUT', status: 504 },
    { cause: new errors.HeadersOverflowError(), neverSent: false, code: 'UPSTREAM_INVALID', status: 502 },
    { cause: new errors.HTTPParserError('Invalid'), neverSent: false, code: 'UPSTREAM_INVALID', status: 502 },
    { cause: new errors.ResponseContentLengthMismatchError(), neverSent: false, code: 'UPSTREAM_INVALID', status: 502 },
    { cause: new Error('whatever'), neverSent: false, code: 'UPSTREAM_RESET', status: 502 },
  ])('$cause.name $cause.code: $code', ({ cause, neverSent, code, status }) => {
    const failure = upstreamFailure(cause, neverSent, true)
    expect(failure).toMatchObject({ code, status, neverSent, repeatable: true, cause })
    expect(failure.detail).toBeUndefined()
  })

  it.each([new errors.InvalidArgumentError('bad'), new errors.NotSupportedError('bad'), new errors.RequestContentLengthMismatchError()])(
    '$name is the request’s fault: repeating it helps nobody',
    (cause) => {
      expect(upstreamFailure(cause, true, true)).toMatchObject({ status: 400, neverSent: false, repeatable: false })
    },
  )
})
