import { describe, expect, it } from 'vitest'
import type { CorsConfig, GatewayOptions } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway } from './harness.js'
import { openSocket, refusedSocket, startWebSocketUpstream } from './web-sockets.js'

const friend = 'https://friend.example'

async function setUp(cors: boolean | CorsConfig, options: GatewayOptions = {}) {
  const upstream = await startWebSocketUpstream()
  const backend = new MemoryRegistryBackend()
  await register(backend, 'service', upstream.port)
  const routes = [{ path: '/live', serviceName: 'service' }]
  return { upstream, ...(await startGateway({ ...options, middleware: { cors }, routes }, backend)) }
}

async function opens(port: number, headers: Record<string, string>) {
  const { socket } = await openSocket(port, '/live', { headers })
  return socket.readyState === socket.OPEN
}

describe('where CORS has a list of origins, a WebSocket', () => {
  it.each([
    ['of one of them', { Origin: friend }],
    ['of none, as from a program', {}],
    ['of a page of the same host', { Origin: 'https://api.example', Host: 'API.example' }],
    ['of a page of the same host and port', { Origin: 'http://api.example:8080', Host: 'api.example:8080' }],
  ])('opens to a page %s', async (_what, headers) => {
    const { port } = await setUp({ origin: ['https://other.example', friend], credentials: true })
    expect(await opens(port, headers)).toBe(true)
  })

  it.each([
    ['another origin', { Origin: 'https://evil.example' }],
    ['another port of the host', { Origin: 'https://api.example:8443', Host: 'api.example' }],
    ['no origin that could be named', { Origin: 'null' }],
    ['an origin that is none', { Origin: 'evil' }],
    ['a host that an untrusted peer made up', { Origin: 'https://evil.example', 'X-Forwarded-Host': 'evil.example' }],
  ])('is refused to a page of %s, and the service is not asked', async (_what, headers) => {
    const { port, upstream } = await setUp({ origin: [friend] })
    const refusal = await refusedSocket(port, '/live', { headers: { Host: 'api.example', ...headers } })
    expect(refusal).toMatchObject({ status: 403, headers: { vary: 'Origin' }, text: expect.stringContaining('ORIGIN_REFUSED') as string })
    expect(refusal.headers).not.toHaveProperty('access-control-allow-origin')
    expect(upstream.handshakes).toHaveLength(0)
  })

  it('opens to the host that a trusted proxy names', async () => {
    const { port } = await setUp({ origin: friend }, { trustedProxies: ['127.0.0.1'] })
    const headers = { Host: 'internal', Origin: 'https://api.example' }
    expect(await opens(port, { ...headers, 'X-Forwarded-Host': 'api.example' })).toBe(true)
    expect((await refusedSocket(port, '/live', { headers })).status).toBe(403)
  })
})

it.each([true, false, { origin: '*' }])('with cors %j any page may open one: the service decides', async (cors) => {
  const { port, upstream } = await setUp(cors)
  expect(await opens(port, { Origin: 'https://evil.example' })).toBe(true)
  expect(upstream.handshakes[0]?.headers.origin).toBe('https://evil.example')
})

it('requests of another origin are answered as ever: their browsers refuse the answer', async () => {
  const { port } = await setUp({ origin: [friend] })
  expect((await send(port, '/live', { headers: { Origin: 'https://evil.example' } })).status).toBe(200)
})
