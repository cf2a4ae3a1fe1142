import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalPath } from '../src/http/target.js'
import { send, startProxy } from './harness.js'
import { rawClient } from './raw-http.js'
import { startWitness } from './witness.js'

/** What stands in the body, and is a request to whoever thinks that the body has ended before it. */
const hidden = 'GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n'
const bySize = { field: `Content-Length: ${hidden.length}`, body: hidden }
const inChunks = { field: 'Transfer-Encoding: chunked', body: `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n` }

const pathPiece = fc.constantFrom(
  '/',
  '//',
  '/a',
  '/.',
  '/..',
  '/%2e',
  '/%2E%2e',
  '/..;x',
  '/b%7e',
  '/%c3%a9',
  '%',
  '%2f',
  '%5C',
  '%00',
  '\\',
  '?',
  '?q=%2f',
  '#',
  '\xe9',
  '*',
  ';',
  ':',
  '@',
)
const target = fc
  .tuple(
    fc.constantFrom('', '', '', 'http://b', 'HTTP://b:80', 'http://u@b', 'http://', '//b', 'ftp://b'),
    fc.array(pathPiece, { maxLength: 6 }),
  )
  .map(([start, pieces]) => `${start}/${pieces.join('')}`)

const anyField = fc.oneof(
  fc.constantFrom(
    'Content-Length: 0',
    'content-length: 5',
    `Content-Length: ${hidden.length}`,
    `Content-Length: +${hidden.length}`,
    'Content-Length:',
    'Content-Length : 0',
    'Content_Length: 0',
    'Transfer-Encoding: chunked',
    'transfer-encoding: identity',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding : chunked',
    'Transfer_Encoding: chunked',
    'X-A: b\r\n Transfer-Encoding: chunked',
    'X-A: b\nTransfer-Encoding: chunked',
    'X-A: b\rTransfer-Encoding: chunked',
    'Connection: content-length, transfer-encoding',
    'Connection: host, via, x-forwarded-for',
    'Connection: keep-alive, Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'Upgrade: websocket',
    'HTTP2-Settings: AAMAAABkAAQ',
    'Expect: 100-continue',
    'Host: b',
    'host:',
    'TE: trailers',
    'Trailer: Content-Length',
    'Proxy-Connection: keep-alive',
    'Keep-Alive: timeout=1',
    'Via: 1.0 a, 1.1 b',
    'X-Forwarded-For: 1.1.1.1',
    '__proto__: a',
    'constructor: a',
  ),
  fc
    .tuple(fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,12}$/), fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,12}$/))
    .map(([name, value]) => `${name}: ${value}`),
)

it('whatever comes, the service gets nothing, or one request with the whole body and a canonical target', { timeout: 60_000 }, async () => {
  const witness = await startWitness()
  const { port } = await startProxy([witness.port])
  let served = 0
  const message = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'),
    target,
    framing: fc.constantFrom(bySize, inChunks),
    before: fc.array(anyField, { maxLength: 3 }),
    after: fc.array(anyField, { maxLength: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(message, async ({ method, target, framing, before, after }) => {
      const known = witness.whole.length
      const lines = [`${method} ${target} HTTP/1.1`, 'Host: a', ...before, framing.field, ...after, 'Connection: close']
      const client = await rawClient(port)
      client.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${framing.body}`, 'latin1'))
      await client.closed
      expect(client.received).toMatch(/^HTTP\/1\.1 [1-5]\d\d /)
      const got = witness.whole.slice(known)
      expect(got.length).toBeLessThanOrEqual(1)
      expect(witness.malformed).toEqual([])
      for (const request of got) {
        served++
        const [gotMethod, gotTarget = ''] = request.split(' ')
        const [path = ''] = gotTarget.split('?')
        expect([gotMethod, request.endsWith(hidden.trim())]).toEqual([method, true])
        expect(path).toMatch(/^\/(?!\/)/)
        expect(canonicalPath(path)).toBe(path)
      }
    }),
    { numRuns: 400 },
  )
  expect(served).toBeGreaterThan(20)
  // Nothing was left behind on the connections to the service.
  expect((await send(port, '/after')).status).toBe(200)
  expect(witness.whole.at(-1)).toBe('GET /after')
})
