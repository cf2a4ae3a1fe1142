import { type AnyClass, silentLogger } from '@hazeljs/core'
import { MemoryRegistryBackend } from '@hazeljs/discovery'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type CanaryEngine, type GatewaySnapshot, GatewayServer, type VersionResolution } from '../src/index.js'
import { afterTest, register, send, startUpstream } from './harness.js'
import { type CompiledSnippets, compileSnippets, standards } from './snippet-compiler.js'

interface GatewaySnippet {
  readonly gateway: GatewayServer
}

/** A service that says who it is and what it was asked for. */
async function serve(backend: MemoryRegistryBackend, name: string, tags: readonly string[] = [], metadata: Record<string, unknown> = {}) {
  const { port } = await startUpstream((request, response) => {
    response.setHeader('X-Served-By', [name, ...tags].join(' '))
    response.end(request.url)
  })
  await register(backend, name, port, { tags, metadata })
}

async function listen(gateway: GatewayServer): Promise<number> {
  afterTest(() => {
    gateway.stop()
  })
  return (await gateway.listen({ port: 0, host: '127.0.0.1' })).port
}

describe.each(standards)('the article under %s decorators', (standard) => {
  let snippets: CompiledSnippets
  const load = async <T>(name: string): Promise<T> => (await snippets.load(name)) as T

  beforeAll(() => {
    snippets = compileSnippets(standard)
  }, 120_000)

  afterAll(() => {
    snippets.dispose()
  })

  it('compiles, and is refused where a decorator does not belong', () => {
    expect(snippets.complaints).toEqual([])
  })

  it('serves through ApiGateway', async () => {
    const { ApiGateway, gateway: own } = await load<GatewaySnippet & { readonly ApiGateway: AnyClass }>('api-gateway')
    expect(own.getRoutes().map(({ path }) => path)).toEqual(['/api/users/**', '/api/orders/**', '/api/payments/**'])
    expect(own.getCanaryEngine('/api/orders/**')?.getStatus()).toMatchObject({ running: true, canaryWeight: 10 })
    own.stop()

    const backend = new MemoryRegistryBackend()
    await Promise.all([
      serve(backend, 'user-service', ['v1']),
      serve(backend, 'user-service', ['v2']),
      serve(backend, 'order-service', ['stable']),
      serve(backend, 'order-service', ['canary']),
      serve(backend, 'payment-service'),
    ])
    const gateway = GatewayServer.fromClass(ApiGateway, backend, { logger: silentLogger })
    gateway.startCanaries()
    const port = await listen(gateway)

    for (const version of ['v1', 'v2']) {
      const answer = await send(port, '/api/users/7?full=1', { headers: { 'X-API-Version': version } })
      expect(answer).toMatchObject({ status: 200, text: '/7?full=1' })
      expect(answer.headers['x-served-by']).toBe(`user-service ${version}`)
    }
    gateway.getCanaryEngine('/api/orders/**')?.promote({ full: true })
    expect((await send(port, '/api/orders/1')).headers['x-served-by']).toBe('order-service canary')
    gateway.getCanaryEngine('/api/orders/**')?.rollback()
    expect((await send(port, '/api/orders/1')).headers['x-served-by']).toBe('order-service stable')

    const payments = await Promise.all(Array.from({ length: 51 }, () => send(port, '/api/payments/')))
    expect(payments.filter(({ status }) => status === 200)).toHaveLength(50)
    expect(payments.find(({ status }) => status === 429)?.headers['retry-after']).toBeDefined()

    expect((await send(port, '/elsewhere')).status).toBe(404)
    expect(await send(port, '/api/orders/1', { method: 'DELETE' })).toMatchObject({
      status: 405,
      headers: { allow: expect.stringContaining('POST') as string },
    })
  })

  it('runs ProductionGateway, whose snippet registers, starts and reads metrics', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const { gateway, metrics, alerts, backend } = await load<
      GatewaySnippet & { readonly metrics: GatewaySnapshot; readonly alerts: string[]; readonly backend: MemoryRegistryBackend }
    >('production-gateway')
    afterTest(() => {
      gateway.stop()
    })
    expect(log.mock.calls.flat()).toEqual(['Total calls: 0', 'Failure rate: 0'])
    log.mockRestore()
    expect(metrics.aggregated.totalCalls).toBe(0)

    await serve(backend, 'order-service', [], { version: '2.0.0' })
    gateway.getCanaryEngine('/api/orders/**')?.promote({ full: true })
    expect(alerts).toEqual(['Canary promoted: /api/orders/**'])
    expect(await gateway.handleRequest({ method: 'GET', path: '/api/orders/1', headers: {} })).toMatchObject({ status: 200 })
    await vi.waitFor(() => expect(gateway.getMetrics().getSnapshot().aggregated.totalCalls).toBe(1))
  })

  it.each(['config-driven', 'programmatic'])('serves what %s defines', async (name) => {
    const { gateway, backend } = await load<GatewaySnippet & { readonly backend: MemoryRegistryBackend }>(name)
    await serve(backend, 'user-service', ['v1'])
    const port = await listen(gateway)
    const answer = await send(port, '/api/users/7', { headers: { 'X-API-Version': 'v1' } })
    expect(answer).toMatchObject({ status: 200, text: '/api/users/7' })
    expect(gateway.getRoutes()).toHaveLength(2)
  })

  it('routes versions', async () => {
    const { result, weighted } = await load<{ readonly result: VersionResolution; readonly weighted: VersionResolution }>('version-routing')
    expect(result).toEqual({ version: 'v2', resolvedBy: 'header' })
    expect(weighted.resolvedBy).toBe('weight')
  })

  it('controls a canary by hand', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const { canary } = await load<{ readonly canary: CanaryEngine }>('canary')
    expect(log.mock.calls.flat()).toEqual(['Canary promoted!', 'Canary rolled back!'])
    log.mockRestore()
    expect(canary.getStatus()).toMatchObject({ state: 'ROLLED_BACK', canaryWeight: 0 })
  })

  it('makes a gateway that mirrors', async () => {
    const { MirroringGateway } = await load<{ readonly MirroringGateway: AnyClass }>('traffic-mirroring')
    const gateway = GatewayServer.fromClass(MirroringGateway, new MemoryRegistryBackend(), { logger: silentLogger })
    expect(gateway.getRoutes()[0]?.trafficPolicy?.mirror).toMatchObject({ service: 'analytics-service', percentage: 50 })
    gateway.stop()
  })
})
