import type { Outcome } from '@hazeljs/resilience'
import { expect, vi } from 'vitest'
import type { Assignment } from '../src/canary/assignment/assignment.js'
import type { CanaryConfig, CanaryEngine, GatewayConfig, GatewayDependencies, GatewayRouteDefinition } from '../src/index.js'
import { MemoryRegistryBackend, register, type RunningGateway, startGateway } from './harness.js'

export interface CanarySetUp {
  /** Ports of the instances. */
  readonly stable?: readonly number[]
  readonly canary?: readonly number[]
  /** Default: {@link allToCanary}. */
  readonly random?: GatewayDependencies['random']
  readonly config?: Partial<CanaryConfig>
  readonly route?: Partial<GatewayRouteDefinition>
  readonly gateway?: GatewayConfig
  readonly dependencies?: GatewayDependencies
}

export interface RunningCanary extends RunningGateway {
  readonly engine: CanaryEngine
  /** What the engine was told: arm, outcome and milliseconds, in order. */
  readonly records: readonly { readonly assignment: Assignment; readonly outcome: Outcome; readonly ms: number }[]
  /** How often the engine was told that the canary could not serve. */
  readonly diverted: () => number
}

/** Chance that sends every request to the canary, as long as it has any share. */
export const allToCanary = { next: () => 0 }
export const allToStable = { next: () => 0.999 }

/** A gateway whose route `/**` has a canary: version 1 is stable, 2 the canary at 50 per cent. */
export async function startCanary(setUp: CanarySetUp): Promise<RunningCanary> {
  const { stable = [], canary = [], random = allToCanary, config, route, gateway: more, dependencies } = setUp
  const backend = new MemoryRegistryBackend()
  for (const [ports, version] of [
    [stable, '1'],
    [canary, '2'],
  ] as const) {
    for (const [rank, port] of ports.entries()) await register(backend, 'service', port, { metadata: { version, rank } })
  }
  const definition: GatewayRouteDefinition = {
    path: '/**',
    serviceName: 'service',
    canary: {
      stable: { version: '1', weight: 50 },
      canary: { version: '2', weight: 50 },
      promotion: { strategy: 'error-rate' },
      ...config,
    },
    ...route,
  }
  const running = await startGateway({ routes: [definition], ...more }, backend, { random, ...dependencies })
  const engine = running.gateway.getCanaryEngine('/**')
  if (engine === undefined) expect.fail('the route has no canary')
  const record = vi.spyOn(engine, 'record')
  const divert = vi.spyOn(engine, 'divert')
  return {
    ...running,
    engine,
    get records() {
      return record.mock.calls.map(([assignment, outcome, ms]) => ({ assignment, outcome, ms }))
    },
    diverted: () => divert.mock.calls.length,
  }
}
