import { describe, expect, it } from 'vitest'
import { startProxy, startUpstream } from './harness.js'
import { fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'

const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

/** What an instance receives for a request with these field lines, and what the client gets for an answer. */
async function exchange(
  lines: readonly string[],
  options: { answer?: string; target?: string; route?: object; config?: object } = {},
): Promise<{ sent: string[]; requestLine: string; got: string[]; port: number }> {
  const upstream = await startRawUpstream((socket) => socket.write(options.answer ?? plainAnswer, 'latin1'))
  const { port } = await startProxy([upstream.port], options.route, options.config)
  const client = await rawClient(port)
  client.write(Buffer.from(`GET ${options.target ?? '/'} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
  const answer = await client.until('\r\n\r\n')
  const received = upstream.received[0] as string
  return { sent: fieldLines(received), requestLine: received.split('\r\n', 1)[0] as string, got: fieldLines(answer), port: upstream.port }
}

describe('request fields', () => {
  it('arrive in their order, case and number, byte for byte', async () => {
    const lines = ['X-B: 2', 'x-a: 1', 'X-B: again', 'Accept-Encoding: br', 'Cookie: a=1; b=2', 'X-Latin: caf\xe9', 'X-Empty:']
    const { sent } = await exchange(['Host: shop.example', ...lines])
    const start = sent.indexOf('X-B: 2')
    expect(sent.slice(start, start + lines.length).map((line) => line.trim())).toEqual(lines)
  })

  it('of one connection stay behind, and so does what Connection names, but for what services rely on', async () => {
    const { sent } = await exchange([
      'Host: shop.example',
      'Connection: keep-alive, X-Private, Authorization, X-Forwarded-For, Content-Type',
      'X-Private: 1',
      'Authorization: Bearer token',
      'Content-Type: text/plain',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic x',
      'TE: trailers',
      'Trailer: X-Sum',
      'Upgrade: websocket',
    ])
    const names = sent.map((line) => (line.split(':', 1)[0] as string).toLowerCase())
    for (const gone of ['x-private', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'te', 'trailer', 'upgrade']) {
      expect(names).not.toContain(gone)
    }
    expect(names).toEqual(expect.arrayContaining(['authorization', 'content-type', 'x-forwarded-for']))
  })

  it('name the client, and an untrusted one cannot name another', async () => {
    const { sent } = await exchange([
      'Host: shop.example',
      'X-Forwarded-For: 6.6.6.6',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.example',
      'Forwarded: for=6.6.6.6',
    ])
    expect(fieldValues(sent, 'x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(fieldValues(sent, 'x-forwarded-proto')).toEqual(['http'])
    expect(fieldValues(sent, 'x-forwarded-host')).toEqual(['shop.example'])
    expect(fieldValues(sent, 'forwarded')).toEqual([])
  })

  it('continue what a trusted proxy says', async () => {
    const { sent } = await exchange(
      ['Host: inner', 'X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: shop.example'],
      {
        config: { trustedProxies: ['127.0.0.0/8'] },
      },
    )
    expect(fieldValues(sent, 'x-forwarded-for')).toEqual(['1.2.3.4, 127.0.0.1'])
    expect(fieldValues(sent, 'x-forwarded-proto')).toEqual(['https'])
    expect(fieldValues(sent, 'x-forwarded-host')).toEqual(['shop.example'])
  })

  it('carry the instance as Host and the gateway in Via', async () => {
    const { sent, port } = await exchange(['Host: shop.example', 'Via: 1.0 fred'])
    expect(fieldValues(sent, 'host')).toEqual([`127.0.0.1:${port}`])
    expect(fieldValues(sent, 'via')).toEqual(['1.0 fred', expect.stringMatching(/^1\.1 hazeljs-\w+$/)])
  })

  it("carry the client's Host where the route preserves it", async () => {
    const { sent } = await exchange(['Host: shop.example'], { route: { serviceConfig: { preserveHost: true } } })
    expect(fieldValues(sent, 'host')).toEqual(['shop.example'])
  })

  it('are edited by the route', async () => {
    const { sent } = await exchange(['Host: a', 'X-Old: 1', 'X-Set: theirs'], {
      route: { trafficPolicy: { transform: { request: { set: { 'X-Set': 'ours' }, remove: ['x-old'] } } } },
    })
    expect(fieldValues(sent, 'x-set')).toEqual(['ours'])
    expect(fieldValues(sent, 'x-old')).toEqual([])
  })
})

describe('answer fields', () => {
  it('arrive in their order, case and number, byte for byte', async () => {
    const lines = ['Set-Cookie: a=1', 'x-lower: 1', 'Set-Cookie: b=2; Path=/', 'X-UPPER: 2', 'X-Latin: caf\xe9', 'ETag: W/"x"']
    const { got } = await exchange(['Host: a'], { answer: `HTTP/1.1 200 Fine\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n` })
    expect(got.slice(0, lines.length)).toEqual(lines)
  })

  it('of one connection stay behind', async () => {
    const { got } = await exchange(['Host: a'], {
      answer:
        'HTTP/1.1 200 OK\r\nConnection: close, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
    })
    expect(fieldValues(got, 'x-private')).toEqual([])
    expect(fieldValues(got, 'proxy-authenticate')).toEqual([])
    expect(fieldValues(got, 'keep-alive')).not.toContain('timeout=9')
    expect(fieldValues(got, 'connection')).toEqual(['keep-alive'])
  })

  it('are edited by the route', async () => {
    const { got } = await exchange(['Host: a'], {
      answer: 'HTTP/1.1 200 OK\r\nServer: secret/1.0\r\nContent-Length: 0\r\n\r\n',
      route: { trafficPolicy: { transform: { response: { set: { 'X-Frame-Options': 'DENY' }, remove: ['Server'] } } } },
    })
    expect(fieldValues(got, 'server')).toEqual([])
    expect(fieldValues(got, 'x-frame-options')).toEqual(['DENY'])
  })
})

describe('the request target', () => {
  it.each([
    { target: '/a?b=c&&d=%2f%20?x/../y', route: {}, expected: '/a?b=c&&d=%2f%20?x/../y' },
    { target: '/api/users/7?x', route: { serviceConfig: { stripPrefix: '/api' } }, expected: '/users/7?x' },
    { target: '/api?x', route: { serviceConfig: { stripPrefix: '/api' } }, expected: '/?x' },
    { target: '/apiary/7', route: { serviceConfig: { stripPrefix: '/api' } }, expected: '/apiary/7' },
    { target: '/users/', route: { serviceConfig: { addPrefix: '/v1/' } }, expected: '/v1/users/' },
    { target: '/api/users', route: { serviceConfig: { stripPrefix: '/api', addPrefix: '/internal' } }, expected: '/internal/users' },
    { target: 'http://shop.example/abs?q', route: {}, expected: '/abs?q' },
    { target: '/a//b/./c/../%7Ed', route: {}, expected: '/a/b/~d' },
  ])('$target is forwarded as $expected', async ({ target, route, expected }) => {
    const { requestLine } = await exchange(['Host: a'], { target, route })
    expect(requestLine).toBe(`GET ${expected} HTTP/1.1`)
  })

  it('never chooses the authority', async () => {
    const victim = await startUpstream((_request, response) => response.end('reached'))
    const { requestLine, sent, port } = await exchange([`Host: 127.0.0.1:${victim.port}`], {
      target: `http://127.0.0.1:${victim.port}/x`,
    })
    expect(requestLine).toBe('GET /x HTTP/1.1')
    expect(fieldValues(sent, 'host')).toEqual([`127.0.0.1:${port}`])
    expect(victim.requests).toHaveLength(0)
  })
})
