import { describe, expect, it } from 'vitest'
import type { GatewayOptions } from '../src/index.js'
import { recordingLogger, send, startProxy, startUpstream } from './harness.js'
import { closedPort } from './raw-http.js'

const uuid = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/

async function behind(
  middleware: NonNullable<GatewayOptions['middleware']>,
  config: GatewayOptions = {},
  fields: Readonly<Record<string, string>> = {},
) {
  const { logger, lines } = recordingLogger()
  const upstream = await startUpstream((_request, response) => response.writeHead(200, fields).end('ok'))
  const proxy = await startProxy([upstream.port], { path: '/api', methods: ['GET', 'POST'] }, { middleware, ...config }, { logger })
  return { ...proxy, upstream, lines }
}

describe('requestId', () => {
  it('is made for each request, and both sides get it', async () => {
    const { port, upstream } = await behind({ requestId: true })
    const answer = await send(port, '/api', { headers: { 'X-Request-Id': 'mine' } })
    const id = answer.headers['x-request-id']
    expect(id).toMatch(uuid)
    expect(upstream.requests[0]?.headers['x-request-id']).toBe(id)
    expect((await send(port, '/api')).headers['x-request-id']).not.toBe(id)
  })

  it('is taken from trusted peers, when it is well-formed', async () => {
    const { port, upstream } = await behind({ requestId: true }, { trustedProxies: ['127.0.0.1'] })
    expect((await send(port, '/api', { headers: { 'X-Request-Id': 'trace-7' } })).headers['x-request-id']).toBe('trace-7')
    expect(upstream.requests[0]?.headers['x-request-id']).toBe('trace-7')
    for (const bad of ['a b', '"><script>', 'x'.repeat(129)]) {
      expect((await send(port, '/api', { headers: { 'X-Request-Id': bad } })).headers['x-request-id']).toMatch(uuid)
    }
  })

  it('names problems, and replaces what the service sends', async () => {
    const { port } = await behind({ requestId: true }, {}, { 'X-Request-Id': 'theirs' })
    const problem = await send(port, '/none')
    expect(JSON.parse(problem.text)).toMatchObject({ instance: problem.headers['x-request-id'] })
    expect((await send(port, '/api')).headers['x-request-id']).toMatch(uuid)
  })

  it('is left alone where it is off', async () => {
    const { port, upstream } = await behind({})
    expect((await send(port, '/api', { headers: { 'X-Request-Id': 'mine' } })).headers['x-request-id']).toBeUndefined()
    expect(upstream.requests[0]?.headers['x-request-id']).toBe('mine')
  })
})

describe('logging', () => {
  it('writes one line a request, without query, headers or body', async () => {
    const { port, lines } = await behind({ logging: true, requestId: true })
    await send(port, '/api?token=s3cret', { method: 'POST', headers: { Authorization: 's3cret', 'Content-Length': '6' }, body: 's3cret' })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({
      level: 'info',
      message: 'request',
      fields: {
        method: 'POST',
        path: '/api',
        status: 200,
        route: '/api',
        clientIp: '127.0.0.1',
        requestId: expect.stringMatching(uuid) as string,
      },
    })
    expect(JSON.stringify(lines)).not.toContain('s3cret')
  })

  it('writes of refusals and failures too', async () => {
    const { logger, lines } = recordingLogger()
    const { port } = await startProxy([await closedPort()], { path: '/api' }, { middleware: { logging: true } }, { logger })
    await send(port, '/none')
    await send(port, '/a%00')
    await send(port, '/api')
    expect(lines.map(({ fields }) => 'status' in fields && fields.status)).toEqual([404, 400, 502])
  })

  it('is off by default', async () => {
    const { port, lines } = await behind({})
    await send(port, '/api')
    expect(lines).toEqual([])
  })
})

const preflight = (origin: string, method = 'PUT', headers = 'x-a, x-b') => ({
  method: 'OPTIONS',
  headers: { Origin: origin, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': headers },
})

describe('cors: true', () => {
  it('answers preflights before the method is matched, and the service sees none', async () => {
    const { port, upstream } = await behind({ cors: true })
    const { status, headers, text } = await send(port, '/api', preflight('https://shop.example'))
    expect([status, text]).toEqual([204, ''])
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'x-a, x-b',
    })
    expect(headers['access-control-allow-credentials']).toBeUndefined()
    expect(upstream.requests).toHaveLength(0)
  })

  it('lets everybody read answers and errors, also out of a cache', async () => {
    const { port } = await behind({ cors: true }, {}, { 'Access-Control-Allow-Origin': 'https://theirs.example' })
    for (const path of ['/api', '/none']) {
      for (const headers of [{ Origin: 'https://shop.example' }, {}]) {
        expect((await send(port, path, { headers })).headers['access-control-allow-origin']).toBe('*')
      }
    }
  })

  it('takes an OPTIONS request that is no preflight for a request', async () => {
    const { port } = await behind({ cors: true })
    expect((await send(port, '/api', { method: 'OPTIONS', headers: { Origin: 'https://a' } })).status).toBe(405)
  })
})

describe('cors with options', () => {
  const cors = {
    origin: ['https://shop.example', 'https://admin.example'],
    methods: ['GET', 'PUT'],
    allowedHeaders: ['X-A'],
    exposedHeaders: ['X-Total'],
    credentials: true,
    maxAge: '10m',
  } as const

  it('answers the origins it lists, one by one', async () => {
    const { port } = await behind({ cors }, {}, { Vary: 'Accept' })
    const { headers } = await send(port, '/api', preflight('https://admin.example'))
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://admin.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'X-A',
      'access-control-max-age': '600',
      vary: 'Origin',
    })
    const answer = await send(port, '/api', { headers: { Origin: 'https://shop.example' } })
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-expose-headers': 'X-Total',
      vary: 'Accept, Origin',
    })
  })

  it('tells others nothing but that the answer differs by origin', async () => {
    const { port } = await behind({ cors })
    for (const headers of [{ Origin: 'https://evil.example' }, {}]) {
      const answer = await send(port, '/api', { headers })
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
      expect(answer.headers.vary).toBe('Origin')
    }
  })
})
