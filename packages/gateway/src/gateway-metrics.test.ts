import { FakeClock } from '@hazeljs/core/testing'
import { MemoryRegistryBackend } from '@hazeljs/discovery'
import { silentLogger } from '@hazeljs/core'
import { describe, expect, it } from 'vitest'
import { GatewayServer } from './gateway-server.js'
import type { GatewayConfig } from './config/gateway-options.js'

function gatewayWith(config: GatewayConfig): GatewayServer {
  return GatewayServer.fromConfig(config, new MemoryRegistryBackend(), { clock: new FakeClock(), logger: silentLogger })
}

const arms = { stable: { version: '1', weight: 90 }, canary: { version: '2', weight: 10 }, promotion: { strategy: 'error-rate' } } as const

describe('the metrics of a gateway', () => {
  it('have an entry for each route, version and arm, and one for all', async () => {
    const gateway = gatewayWith({
      routes: [
        { path: '/plain', serviceName: 'a' },
        { path: '/versions', serviceName: 'b', versionRoute: { strategy: 'header', defaultVersion: 'v1', routes: { v1: {}, v2: {} } } },
        { path: '/canary', serviceName: 'c', canary: arms },
      ],
    })
    await gateway.handleRequest({ method: 'GET', path: '/plain' })
    await gateway.handleRequest({ method: 'GET', path: '/versions', headers: { 'X-API-Version': 'v2' } })
    await gateway.handleRequest({ method: 'GET', path: '/nothing' })
    const { timestamp, totalRoutes, routes, aggregated } = gateway.getMetrics().getSnapshot()
    expect(timestamp).toBe(Date.UTC(2026, 0, 1))
    expect(totalRoutes).toBe(3)
    expect(routes.map(({ route, serviceName, version, metrics }) => [route, serviceName, version, metrics.failureCalls])).toEqual([
      ['/plain', 'a', undefined, 1],
      ['/versions', 'b', 'v1', 0],
      ['/versions', 'b', 'v2', 1],
      ['/canary', 'c', '1', 0],
      ['/canary', 'c', '2', 0],
    ])
    expect(aggregated).toMatchObject({ totalCalls: 2, failureCalls: 2 })
    gateway.stop()
  })

  it('are empty where they are off', async () => {
    const gateway = gatewayWith({ metrics: { enabled: false }, routes: [{ path: '/', serviceName: 'a' }] })
    await gateway.handleRequest({ method: 'GET', path: '/' })
    expect(gateway.getMetrics().getSnapshot()).toMatchObject({ totalRoutes: 1, routes: [], aggregated: { totalCalls: 0 } })
    gateway.stop()
  })
})
