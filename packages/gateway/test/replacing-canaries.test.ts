import { describe, expect, it } from 'vitest'
import type { CanaryConfig, GatewayRouteDefinition } from '../src/index.js'
import { send, startProxy, startUpstream } from './harness.js'

const canary: CanaryConfig = {
  stable: { version: 'v1', weight: 50, filter: {} },
  canary: { version: 'v2', weight: 50, filter: {} },
  promotion: { strategy: 'error-rate', steps: [50, 100], stepInterval: '1h' },
}
const route = (more: Partial<GatewayRouteDefinition> = {}): GatewayRouteDefinition => ({
  path: '/**',
  serviceName: 'service',
  canary,
  ...more,
})

describe('a rollout', () => {
  it('goes on when its route is replaced by one that says the same of the canary, and judges the new route', async () => {
    const upstream = await startUpstream((_request, response) => response.writeHead(200).end())
    const { gateway, port } = await startProxy([upstream.port], route())
    gateway.startCanaries()
    const engine = gateway.getCanaryEngine('/**')
    await send(port, '/')
    gateway.replaceRoutes([route({ trafficPolicy: { timeout: '10s' } })])
    expect(gateway.getCanaryEngine('/**')).toBe(engine)
    await send(port, '/')
    expect(engine?.getStatus().running).toBe(true)
    const { stable, canary } = engine?.getStatus().tally ?? {}
    expect((stable?.requests ?? 0) + (canary?.requests ?? 0)).toBe(2)
  })

  it('that was rolled back stays so', async () => {
    const { gateway } = await startProxy([], route())
    gateway.getCanaryEngine('/**')?.rollback()
    gateway.replaceRoutes([route({ rateLimit: { strategy: 'token-bucket', max: 5, window: '1h' } })])
    expect(gateway.getCanaryEngine('/**')?.getStatus().state).toBe('ROLLED_BACK')
  })

  it('is another one where the canary says something else, and survives routes that are refused', async () => {
    const { gateway } = await startProxy([], route())
    gateway.startCanaries()
    const engine = gateway.getCanaryEngine('/**')
    const unmakeable = { ...route({ path: '/other/**' }), serviceConfig: { loadBalancingStrategy: 'none of them' } }
    expect(() => gateway.replaceRoutes([route({ trafficPolicy: { timeout: 1_000 } }), unmakeable])).toThrow()
    expect(gateway.getCanaryEngine('/**')).toBe(engine)
    expect(engine?.getStatus().running).toBe(true)
    gateway.replaceRoutes([route({ canary: { ...canary, stickyBy: 'ip' } })])
    expect(gateway.getCanaryEngine('/**')).not.toBe(engine)
    expect(engine?.getStatus().running).toBe(false)
  })
})
