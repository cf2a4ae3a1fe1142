import { describe, expect, it } from 'vitest'
import type { GatewayConfig, GatewayRouteDefinition } from '../src/index.js'
import { problemCodes } from '../src/index.js'
import { startProxy } from './harness.js'
import { closedPort, fieldLines, fieldValues, rawClient, startRawUpstream } from './raw-http.js'
import { closing } from './wire.js'

interface Row {
  readonly code: keyof typeof problemCodes
  readonly request?: string
  readonly service?: 'away' | 'none' | 'silent' | 'garbage'
  readonly route?: Partial<GatewayRouteDefinition>
  readonly config?: GatewayConfig
}

const post = closing('Content-Length: 9\r\n', 'POST / HTTP/1.1')

const rows: readonly Row[] = [
  { code: 'INVALID_REQUEST', request: 'GET /%2F HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' },
  { code: 'INVALID_REQUEST', request: 'GET / HTTP/1.1\r\nHost : a\r\n\r\n' },
  { code: 'ROUTE_NOT_FOUND', route: { path: '/else' } },
  { code: 'METHOD_NOT_ALLOWED', route: { methods: ['PUT', 'GET'] }, request: post },
  { code: 'BODY_TOO_LARGE', config: { limits: { maxBodyBytes: 8 } }, request: post },
  { code: 'EXPECTATION_FAILED', request: closing('Expect: 200-ok\r\n') },
  { code: 'URL_TOO_LONG', config: { limits: { maxUrlLength: 8 } }, request: closing('', 'GET /12345678 HTTP/1.1') },
  { code: 'HEADERS_TOO_LARGE', request: closing(`X: ${'x'.repeat(20_000)}\r\n`) },
  { code: 'NOT_IMPLEMENTED', request: closing('', 'TRACE / HTTP/1.1') },
  { code: 'LOOP_DETECTED', config: { pseudonym: 'gw' }, request: closing('Via: 1.1 gw\r\n') },
  { code: 'NO_INSTANCE', service: 'none' },
  { code: 'UPSTREAM_UNREACHABLE', service: 'away' },
  { code: 'UPSTREAM_INVALID', service: 'garbage' },
  { code: 'UPSTREAM_TIMEOUT', service: 'silent', route: { trafficPolicy: { timeout: 50 } } },
]

async function portsOf(service: Row['service']): Promise<number[]> {
  if (service === 'none') return []
  if (service === 'away') return [await closedPort()]
  const answer = service === 'garbage' ? 'nonsense\r\n\r\n' : 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  return [(await startRawUpstream((socket) => service !== 'silent' && socket.write(answer))).port]
}

/** What the client gets for the request: a head and, unless it is HEAD, a problem. */
async function refusalOf({ request = closing(), service, route, config }: Row): Promise<{ got: string; ports: number[] }> {
  const ports = await portsOf(service)
  const { port } = await startProxy(ports, route, config)
  const client = await rawClient(port)
  client.write(Buffer.from(request, 'latin1'))
  return { got: await client.until(request.startsWith('HEAD') ? '\r\n\r\n' : /\}$/), ports: [port, ...ports] }
}

describe('a problem', () => {
  it.each(rows)('is one by RFC 9457: $code', async (row) => {
    const { got, ports } = await refusalOf(row)
    const { status } = problemCodes[row.code]
    const [line = '', ...fields] = (got.split('\r\n\r\n', 1)[0] as string).split('\r\n')
    const body = got.slice(got.indexOf('\r\n\r\n') + 4)
    expect(line).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`))
    expect(fieldValues(fields, 'content-type')).toEqual(['application/problem+json'])
    expect(fieldValues(fields, 'content-length')).toEqual([String(Buffer.byteLength(body, 'latin1'))])
    expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', title: problemCodes[row.code].title, status, code: row.code })
    for (const port of ports) expect(body).not.toContain(String(port))
    expect(body).not.toMatch(/127\.0\.0\.1|localhost|node:|\.ts\b|ECONN/)
  })

  it('to HEAD is its head alone', async () => {
    const { got } = await refusalOf({ code: 'ROUTE_NOT_FOUND', route: { path: '/else' }, request: closing('', 'HEAD / HTTP/1.1') })
    expect(got).toMatch(/^HTTP\/1\.1 404 [^]*\r\n\r\n$/)
    expect(Number(fieldValues(fieldLines(got), 'content-length')[0])).toBeGreaterThan(0)
  })

  it('of 405 lists in Allow what would be served, and of 503 says in Retry-After when to come again', async () => {
    const { got } = await refusalOf({ code: 'METHOD_NOT_ALLOWED', route: { methods: ['PUT', 'GET'] }, request: post })
    expect(fieldValues(fieldLines(got), 'allow')[0]?.split(', ')).toEqual(expect.arrayContaining(['GET', 'PUT']))
    const away = await refusalOf({ code: 'NO_INSTANCE', service: 'none' })
    expect(fieldValues(fieldLines(away.got), 'retry-after')).toEqual([expect.stringMatching(/^[1-9]\d*$/)])
  })

  it('names the request in instance where requests have ids', async () => {
    const config = { middleware: { requestId: true } }
    const { got } = await refusalOf({ code: 'ROUTE_NOT_FOUND', route: { path: '/else' }, config })
    const { instance } = JSON.parse(got.slice(got.indexOf('\r\n\r\n') + 4)) as { instance: string }
    expect(fieldValues(fieldLines(got), 'x-request-id')).toEqual([instance])
  })
})

describe('RateLimit and RateLimit-Policy', () => {
  it('are lists of structured fields, on answers and on the 429, which has Retry-After as well', async () => {
    const upstream = await startRawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
    const { port } = await startProxy([upstream.port], { rateLimit: { strategy: 'sliding-window', max: 1, window: '1m' } })
    const client = await rawClient(port)
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${closing()}`)
    await client.closed
    const [first = '', second = ''] = client.received.split(/(?=HTTP\/1\.1 429)/)
    for (const answer of [first, second]) {
      expect(fieldValues(fieldLines(answer), 'ratelimit-policy')).toEqual(['"route";q=1;w=60'])
      expect(fieldValues(fieldLines(answer), 'ratelimit')).toEqual([expect.stringMatching(/^"route";r=0;t=[1-9]\d*$/)])
    }
    expect(fieldValues(fieldLines(first), 'retry-after')).toEqual([])
    expect(fieldValues(fieldLines(second), 'retry-after')).toEqual([expect.stringMatching(/^(?:[1-9]|[1-5]\d|60)$/)])
    expect(second).toMatch(/"code":"RATE_LIMITED"/)
  })
})
