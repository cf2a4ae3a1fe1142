import { FakeClock } from '@hazeljs/core/testing'
import { type BalancingStrategy, LoadBalancerFactory } from '@hazeljs/discovery'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { GatewayRouteDefinition } from '../src/index.js'
import { MemoryRegistryBackend, register, send, startGateway, startUpstream } from './harness.js'

/** A registry that knows which services are watched, each by how many. */
class CountingBackend extends MemoryRegistryBackend {
  readonly watched: string[] = []

  override watch(...[name, ...rest]: Parameters<MemoryRegistryBackend['watch']>): ReturnType<MemoryRegistryBackend['watch']> {
    this.watched.push(name)
    const stop = super.watch(name, ...rest)
    return Object.assign(() => {
      this.watched.splice(this.watched.indexOf(name), 1)
      stop()
    }, stop)
  }
}

const routesOf = (services: readonly string[]): GatewayRouteDefinition[] =>
  services.map((serviceName) => ({
    path: `/${serviceName}/**`,
    serviceName,
    circuitBreaker: { failureThreshold: 3 },
    rateLimit: { strategy: 'sliding-window', max: 100, window: '1s', key: 'ip' },
    trafficPolicy: { mirror: { service: `shadow-of-${serviceName}` }, retry: { maxAttempts: 1 }, bulkhead: { maxConcurrent: 8 } },
    canary: {
      stable: { version: '1', weight: 90 },
      canary: { version: '2', weight: 10 },
      promotion: { strategy: 'error-rate', stepInterval: '1m' },
    },
  }))
const servicesOf = (round: number) => Array.from({ length: 40 }, (_, index) => `s${round}-${index}`)

beforeAll(() => {
  LoadBalancerFactory.register('cannot-be-made', (): BalancingStrategy => {
    throw new Error('no such balancer today')
  })
})

describe('routes that come and go', () => {
  it('leave no watch and no timer behind', async () => {
    const clock = new FakeClock()
    const backend = new CountingBackend()
    const { gateway } = await startGateway({ routes: [] }, backend, { clock })
    gateway.startCanaries()
    gateway.replaceRoutes(routesOf(servicesOf(0)))
    const held = () => ({ watches: backend.watched.length, services: new Set(backend.watched).size, timers: clock.pendingTimers })
    // The first listing of a service is on its way for a moment, with a timer of its own. A canary that is judged has one.
    const atRest = { watches: 80, services: 80, timers: 120 }
    await vi.waitFor(() => expect(held()).toEqual(atRest))
    for (let round = 1; round <= 5; round++) {
      gateway.replaceRoutes(routesOf(servicesOf(round)))
      await vi.waitFor(() => expect(held()).toEqual(atRest))
    }
    for (const service of servicesOf(5)) expect(gateway.removeRoute(`/${service}/**`)).toBe(true)
    expect([held(), gateway.getRoutes(), gateway.getMetrics().getSnapshot().routes]).toEqual([
      { watches: 0, services: 0, timers: 0 },
      [],
      [],
    ])
  })

  it('that cannot be made, leave none either, and what is in service goes on', async () => {
    const upstream = await startUpstream((_request, response) => response.end('x'))
    const backend = new CountingBackend()
    await register(backend, 'service', upstream.port)
    const { gateway, port } = await startGateway({ routes: [{ path: '/a', serviceName: 'service' }] }, backend)
    await send(port, '/a')
    const watched = [...backend.watched]
    const bad = [
      ...routesOf(['one', 'two']),
      { path: '/b', serviceName: 'three', serviceConfig: { loadBalancingStrategy: 'cannot-be-made' } },
      ...routesOf(['four']),
    ]
    expect(() => gateway.replaceRoutes(bad)).toThrow(/routes\[2\]: no such balancer today/)
    expect(() => gateway.addRoute(bad[2] as GatewayRouteDefinition)).toThrow(/no such balancer today/)
    expect(gateway.getRoutes().map(({ path }) => path)).toEqual(['/a'])
    expect((await send(port, '/a')).status).toBe(200)
    expect((await send(port, '/b')).status).toBe(404)
    await vi.waitFor(() => expect(backend.watched).toEqual(watched))
  })

  it.each([
    [1, { versionRoute: { strategy: 'uri', defaultVersion: 'a', routes: { a: { filter: { tags: ['a'] } } } } }],
    [
      2,
      {
        versionRoute: { strategy: 'uri', defaultVersion: 'a', routes: { a: { filter: { tags: ['a'] } }, b: { filter: { tags: ['b'] } } } },
      },
    ],
    [2, { canary: { stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 }, promotion: { strategy: 'error-rate' } } }],
  ] as [number, Partial<GatewayRouteDefinition>][])(
    'whose part after %i good ones cannot be made, leave none (%#)',
    async (good, parts) => {
      let made = 0
      LoadBalancerFactory.register('made-so-often', (): BalancingStrategy => {
        if (made++ === good) throw new Error('no such balancer any more')
        return { update: () => undefined, choose: () => undefined }
      })
      const backend = new CountingBackend()
      const { gateway } = await startGateway({ routes: [] }, backend)
      const route = { path: '/a', serviceName: 'service', serviceConfig: { loadBalancingStrategy: 'made-so-often' }, ...parts }
      expect(() => gateway.addRoute(route)).toThrow(/no such balancer any more/)
      expect([made, backend.watched]).toEqual([good + 1, []])
    },
  )
})
