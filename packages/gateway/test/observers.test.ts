import { describe, expect, it } from 'vitest'
import { send, startProxy, startUpstream } from './harness.js'
import { closedPort } from './raw-http.js'

const boom = () => {
  throw new Error('observer')
}
const rejects = () => Promise.reject(new Error('observer'))

describe.each([
  { how: 'throw', observer: boom },
  { how: 'reject', observer: rejects },
])('listeners and loggers that $how', ({ observer }) => {
  const logger = { debug: observer, info: observer, warn: observer, error: observer }

  it('change neither answers nor metrics', async () => {
    const upstream = await startUpstream((_request, response) => response.writeHead(500).end('theirs'))
    const { gateway, port } = await startProxy(
      [upstream.port],
      {
        circuitBreaker: { failureThreshold: 1, resetTimeout: '1h' },
        rateLimit: { strategy: 'token-bucket', max: 2, window: '1h' },
      },
      { middleware: { logging: true } },
      { logger },
    )
    for (const event of ['circuit:open', 'rate-limit:exceeded', 'route:error', 'route:timeout'] as const) gateway.on(event, observer)
    gateway.getDiscoveryClient().on('change', observer)
    expect(await send(port, '/')).toMatchObject({ status: 500, text: 'theirs' })
    expect((await send(port, '/')).status).toBe(503)
    expect((await send(port, '/')).status).toBe(429)
    expect(gateway.getMetrics().getSnapshot().aggregated).toMatchObject({ totalCalls: 2, failureCalls: 2 })
    await gateway.close({ drainTimeout: '1s' })
  })

  it('do not end the process over a broken service', async () => {
    const { gateway, port } = await startProxy([await closedPort()], {}, { middleware: { logging: true } }, { logger })
    gateway.on('route:error', observer)
    expect((await send(port, '/')).status).toBe(502)
    expect((await gateway.handleRequest({ method: 'GET', path: '/' })).status).toBe(502)
  })
})

it('a listener that was taken off is not told any more', async () => {
  const { gateway } = await startProxy([])
  const told: string[] = []
  const listener = ({ path }: { path: string }) => told.push(path)
  gateway.on('route:error', listener)
  await gateway.handleRequest({ method: 'GET', path: '/1' })
  gateway.off('route:error', listener)
  await gateway.handleRequest({ method: 'GET', path: '/2' })
  expect(told).toEqual(['/1'])
})
