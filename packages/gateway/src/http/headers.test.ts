import { describe, expect, it } from 'vitest'
import type { Arrival } from './forwarded.js'
import { compileEdits, requestHeaderRules, requestHeaders, responseHeaders, type RequestHeaderOptions } from './headers.js'

const arrival: Arrival = {
  peerTrusted: false,
  peer: '192.0.2.1',
  proto: 'http',
  host: 'shop.example',
  requestId: undefined,
  httpVersion: '1.1',
}
const own = ['x-forwarded-for', '192.0.2.1', 'x-forwarded-proto', 'http', 'x-forwarded-host', 'shop.example', 'via', '1.1 gw']

const send = (raw: readonly string[], changes: Partial<Arrival> = {}, options: Partial<RequestHeaderOptions> = {}) =>
  requestHeaders(raw, { ...arrival, ...changes }, requestHeaderRules({ preserveHost: false, pseudonym: 'gw', ...options }))

describe('requestHeaders', () => {
  it('passes fields on in their order, number and spelling', () => {
    const raw = [
      'Accept',
      '*/*',
      'X-A',
      '1',
      'content-type',
      'text/plain',
      'Content-Length',
      '3',
      'x-a',
      '2',
      'Cookie',
      'a=1',
      'Cookie',
      'b=2',
      'X-Empty',
      '',
    ]
    expect(send(raw)).toEqual([...raw, ...own])
  })

  it('drops what belongs to the connection', () => {
    const hop = [
      'Connection',
      'keep-alive',
      'Keep-Alive',
      'timeout=5',
      'TE',
      'trailers',
      'Trailer',
      'x',
      'Transfer-Encoding',
      'chunked',
      'Upgrade',
      'h2c',
    ]
    const proxy = [
      'Proxy-Connection',
      'keep-alive',
      'Proxy-Authorization',
      'Basic x',
      'Proxy-Authenticate',
      'Basic',
      'Expect',
      '100-continue',
    ]
    expect(send([...hop, 'A', '1', ...proxy])).toEqual(['A', '1', ...own])
  })

  it('drops what Connection names, before or after it, but nothing that services rely on', () => {
    const raw = [
      'X-Hop',
      '1',
      'Connection',
      'close, x-hop, X-Late, authorization, x-forwarded-for, via',
      'Authorization',
      'Bearer t',
      'x-late',
      '2',
    ]
    expect(send(raw)).toEqual(['Authorization', 'Bearer t', ...own])
    expect(send(['Connection', 'x-request-id'], { requestId: 'r1' })).toEqual([...own, 'x-request-id', 'r1'])
  })

  it('drops names with an underscore, which can pass for another field', () => {
    expect(send(['X_Forwarded_For', '6.6.6.6', 'content_length', '5', 'A', '1'])).toEqual(['A', '1', ...own])
  })

  it('leaves the host to the client library, or sends the one that the request is for', () => {
    expect(send(['Host', 'from.header'])).toEqual(own)
    expect(send(['Host', 'from.header'], {}, { preserveHost: true })).toEqual(['host', 'shop.example', ...own])
    expect(send([], { host: '' }, { preserveHost: true })).not.toContain('host')
  })

  const forwarding = [
    'X-Forwarded-For',
    '6.6.6.6',
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Host',
    'evil',
    'X-Forwarded-Port',
    '1',
    'Forwarded',
    'for=6.6.6.6',
  ]

  it('replaces what an untrusted peer says of forwarding', () => {
    expect(send(forwarding)).toEqual(own)
  })

  it('continues what a trusted peer says of forwarding', () => {
    const rest = ['X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'evil', 'X-Forwarded-Port', '1', 'Forwarded', 'for=6.6.6.6']
    expect(send([...forwarding, 'x-forwarded-for', '7.7.7.7'], { peerTrusted: true })).toEqual([
      ...rest,
      'x-forwarded-for',
      '6.6.6.6, 7.7.7.7, 192.0.2.1',
      'via',
      '1.1 gw',
    ])
    expect(send([], { peerTrusted: true })).toEqual(own)
  })

  it('adds itself to Via and refuses what it has seen before', () => {
    expect(send(['Via', '1.1 other'])).toEqual(['Via', '1.1 other', ...own])
    expect(send(['Via', '1.1 other, 1.1 gw'])).toBeUndefined()
  })

  it('sends its own request id, or passes on what came where it has none', () => {
    expect(send(['X-Request-Id', 'theirs'], { requestId: 'ours' })).toEqual([...own, 'x-request-id', 'ours'])
    expect(send(['X-Request-Id', 'theirs'])).toEqual(['X-Request-Id', 'theirs', ...own])
  })

  it('applies the edits last', () => {
    const edits = { set: { 'X-Tenant': 'a', Via: 'none' }, remove: ['Cookie', 'x-forwarded-host'] }
    expect(send(['Cookie', 'a=1', 'x-tenant', 'forged', 'A', '1'], {}, { edits })).toEqual([
      ...['A', '1', 'x-forwarded-for', '192.0.2.1', 'x-forwarded-proto', 'http'],
      ...['X-Tenant', 'a', 'Via', 'none'],
    ])
  })
})

describe('responseHeaders', () => {
  const answer = (headers: readonly string[]) => ({ status: 200, version: '1.1' as const, headers })

  it('passes fields on in their order, number and spelling, byte for byte', () => {
    const raw = [
      'Date',
      'now',
      'set-cookie',
      'a=1',
      'Content-Type',
      'text/plain',
      'Set-Cookie',
      'b=2, c',
      'X-Name',
      'caf\xe9',
      'X-Empty',
      '',
      'x_under',
      '1',
    ]
    expect(responseHeaders(answer(raw), undefined, undefined)).toEqual({ headers: raw, contentLength: -1, isEventStream: false })
    expect(responseHeaders(answer(raw), undefined, undefined).headers).toEqual(raw)
  })

  it('drops what belongs to the connection, and what Connection names', () => {
    const hop = [
      'Connection',
      'close, X-Hop',
      'Keep-Alive',
      'timeout=5',
      'Transfer-Encoding',
      'chunked',
      'Trailer',
      'x',
      'Upgrade',
      'h2',
      'x-hop',
      '1',
    ]
    expect(responseHeaders(answer([...hop, 'Proxy-Authenticate', 'Basic', 'A', '1']), undefined, undefined).headers).toEqual(['A', '1'])
  })

  it('finds the length and the event stream', () => {
    expect(responseHeaders(answer(['content-length', '42']), undefined, undefined)).toMatchObject({
      headers: ['content-length', '42'],
      contentLength: 42,
    })
    const isEventStream = (type: string) => responseHeaders(answer(['Content-Type', type]), undefined, undefined).isEventStream
    expect(['text/event-stream', 'Text/Event-Stream;charset=utf-8', 'text/event-stream ; q'].map(isEventStream)).toEqual([true, true, true])
    expect(['text/event-streams', 'text/plain; text/event-stream', ''].map(isEventStream)).toEqual([false, false, false])
  })

  it("replaces fields by the gateway's own, and joins Vary and Set-Cookie", () => {
    const raw = ['Vary', 'Accept', 'X-Request-Id', 'theirs', 'Set-Cookie', 'a=1', 'Access-Control-Allow-Origin', 'a']
    const ours = ['x-request-id', 'ours', 'Vary', 'Origin', 'access-control-allow-origin', '*', 'Set-Cookie', 'b=2']
    expect(responseHeaders(answer(raw), ours, undefined).headers).toEqual(['Vary', 'Accept', 'Set-Cookie', 'a=1', ...ours])
  })

  it('says no member of Vary twice, and none beside an asterisk', () => {
    const joined = (theirs: string[], ours: string[]) => responseHeaders(answer(theirs), ours, undefined).headers.slice(theirs.length)
    expect(joined(['Vary', 'Accept, x-version'], ['Vary', 'X-Version'])).toEqual([])
    expect(joined(['vary', 'a', 'VARY', 'x-version'], ['Vary', 'X-Version, Cookie', 'B', '1'])).toEqual(['Vary', 'Cookie', 'B', '1'])
    expect(joined(['Vary', '*'], ['Vary', 'Accept', 'Vary', 'Origin', 'B', '1'])).toEqual(['B', '1'])
    expect(joined(['Vary', 'X-Version-Two'], ['Vary', 'X-Version, Cookie'])).toEqual(['Vary', 'X-Version, Cookie'])
  })

  it('joins links', () => {
    const raw = ['Link', '<a>; rel="next"']
    expect(responseHeaders(answer(raw), ['Link', '<b>; rel="sunset"'], undefined).headers).toEqual([...raw, 'Link', '<b>; rel="sunset"'])
  })

  it('leaves CORS to a gateway that answers for it', () => {
    const raw = ['Access-Control-Allow-Origin', '*', 'access-control-allow-credentials', 'true', 'Accept-Ranges', 'bytes']
    expect(responseHeaders(answer(raw), undefined, { ownsCors: true, pseudonym: 'gw', edits: undefined }).headers).toEqual([
      'Accept-Ranges',
      'bytes',
      'via',
      '1.1 gw',
    ])
    expect(responseHeaders(answer(raw), undefined, { ownsCors: false, pseudonym: 'gw', edits: undefined }).headers).toEqual([
      ...raw,
      'via',
      '1.1 gw',
    ])
  })

  it('applies the edits last', () => {
    const edits = compileEdits({ set: { Server: 'gw' }, remove: ['X-Powered-By'] })
    expect(
      responseHeaders(answer(['server', 'nginx', 'x-powered-by', 'php', 'A', '1']), undefined, { ownsCors: false, pseudonym: 'gw', edits })
        .headers,
    ).toEqual(['A', '1', 'via', '1.1 gw', 'Server', 'gw'])
  })
})

it('compileEdits of nothing is nothing', () => {
  expect([compileEdits(undefined), compileEdits({}), compileEdits({ set: {}, remove: [] })]).toEqual([undefined, undefined, undefined])
})
