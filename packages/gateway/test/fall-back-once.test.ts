import { expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { startCanary } from './canaries.js'
import { recordingLogger, send, startUpstream } from './harness.js'
import { watchedLeases } from './leases.js'
import { mirrorOf } from './mirrored.js'
import { fieldValues } from './raw-http.js'

const json = { 'Content-Type': 'application/json' }
const lines = (rawHeaders: readonly string[]) => rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []))

it.each([{ strategy: 'header' }, { strategy: 'uri' }] as const)(
  'what the canary’s answers tell of its end is not told of stable’s, which tell of their own ($strategy)',
  async ({ strategy }) => {
    const stable = await startUpstream((_request, response) => response.writeHead(200, { Vary: 'Accept' }).end('stable'))
    let status = 500
    const canary = await startUpstream((_request, response) => response.writeHead(status).end('canary'))
    const ofVersion = (version: string) => ({ filter: { metadata: { version } } })
    const { port } = await startCanary({
      stable: [stable.port],
      canary: [canary.port],
      config: { fallbackToStable: true },
      gateway: { middleware: { cors: { origin: ['https://example.com'] } } },
      route: {
        versionRoute: {
          strategy,
          defaultVersion: '1',
          routes: { 1: { ...ofVersion('1'), deprecated: '2026-01-01' }, 2: { ...ofVersion('2'), sunset: '2027-01-01' } },
        },
      },
    })
    const told = async () => {
      const { text, rawHeaders } = await send(port, '/')
      return [text, ...['Deprecation', 'Sunset', 'Vary'].map((name) => fieldValues(lines(rawHeaders), name).join(', '))]
    }
    const version = strategy === 'header' ? ', X-API-Version' : ''
    expect(await told()).toEqual(['stable', '@1767225600', '', `Accept, Origin${version}`])
    status = 404
    expect(await told()).toEqual(['canary', '', 'Fri, 01 Jan 2027 00:00:00 GMT', `Origin${version}`])
  },
)

it('a request that falls back is limited, changed, copied, counted and logged once, and leaves nothing behind', async () => {
  const leases = watchedLeases('watched-fall-back')
  const { logger, lines: logged } = recordingLogger()
  const bodies: string[] = []
  const serve = (status: number, name: string) =>
    startUpstream((request, response) => {
      request.setEncoding('latin1').on('data', (chunk: string) => bodies.push(`${name} ${chunk}`))
      request.on('end', () => response.writeHead(status, json).end(Buffer.alloc(200_000, name)))
    })
  const [stable, canary] = [await serve(200, 's'), await serve(500, 'c')]
  const calls = { request: 0, response: 0 }
  const route: Partial<GatewayRouteDefinition> = {
    serviceConfig: { loadBalancingStrategy: 'watched-fall-back' },
    circuitBreaker: { failureThreshold: 100 },
    trafficPolicy: {
      rateLimit: { max: 10, window: '1m' },
      bulkhead: { maxConcurrent: 5 },
      mirror: { service: 'service', filter: { metadata: { version: '1' } }, methods: ['PUT'], diff: true },
      transform: {
        request: { body: (body) => (calls.request++, Buffer.from(body.toString().toUpperCase())) },
        response: { body: (body) => (calls.response++, `${body.length} of ${String.fromCharCode(body[0] ?? 0)}`), maxBytes: 1_000_000 },
      },
    },
  }
  const running = await startCanary({
    stable: [stable.port],
    canary: [canary.port],
    config: {
      fallbackToStable: true,
      stickyBy: { cookie: 'arm', issue: true },
      stable: { version: '1', weight: 1 },
      canary: { version: '2', weight: 99 },
    },
    route,
    gateway: { middleware: { logging: true } },
    dependencies: { logger },
  })
  const { gateway, port } = running
  const answer = await send(port, '/', { method: 'PUT', body: 'body', headers: { 'Transfer-Encoding': 'chunked' } })
  expect(answer).toMatchObject({ status: 200, text: '200000 of s' })
  expect(answer.headers['set-cookie']).toHaveLength(1)
  expect(answer.headers.ratelimit).toMatch(/;r=9;/)
  await vi.waitFor(() => expect(mirrorOf(gateway)).toMatchObject({ sent: 1, succeeded: 1, bytes: 0 }))
  await gateway.close({ drainTimeout: '5s' })
  expect(bodies).toEqual(expect.arrayContaining(['c BODY', 's BODY', 's body']))
  expect(bodies).toHaveLength(3)
  expect(calls).toEqual({ request: 1, response: 1 })
  expect(running.records.map(({ assignment: { arm }, outcome }) => [arm, outcome])).toEqual([
    ['canary', 'failure'],
    ['stable', 'success'],
  ])
  expect(gateway.getMetrics().getSnapshot().aggregated).toMatchObject({ totalCalls: 1, failureCalls: 0 })
  expect(logged.filter(({ message }) => message === 'request')).toMatchObject([{ fields: { status: 200, version: '1' } }])
  expect([leases.open, [...leases.outcomes].sort()]).toEqual([0, ['failure', 'success']])
})
