import type { Clock } from '@hazeljs/core'
import { aggregateMetrics, type MetricsSnapshot } from '@hazeljs/resilience'
import type { RefusedRequests, RefusedSnapshot } from './http/refused-requests.js'
import type { MirrorSnapshot } from './mirror/mirror-counts.js'
import type { RoutePlan } from './route-plan.js'
import type { VersionsUsage } from './versions/version-usage.js'

export interface RouteMetrics {
  readonly route: string
  readonly serviceName: string
  /** The version or the canary arm's version; `undefined` where the route has neither. */
  readonly version: string | undefined
  readonly metrics: MetricsSnapshot
}

export interface RouteVersions extends VersionsUsage {
  readonly route: string
  readonly serviceName: string
}

export interface GatewaySnapshot {
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number
  readonly totalRoutes: number
  /** One entry for each route, version and canary arm. */
  readonly routes: readonly RouteMetrics[]
  /** Over all routes: merged histograms, never averaged percentiles. */
  readonly aggregated: MetricsSnapshot
  readonly refused: RefusedSnapshot
  /** One entry for each route with versions: who asked for which, and how, since the route was made. */
  readonly versions: readonly RouteVersions[]
  /** One entry for each route with a mirror. */
  readonly mirrors: readonly MirrorSnapshot[]
}

/** What the gateway's routes did in the last window. */
export class GatewayMetrics {
  readonly #clock: Clock
  readonly #plans: () => readonly RoutePlan[]
  readonly #refused: RefusedRequests

  constructor(clock: Clock, plans: () => readonly RoutePlan[], refused: RefusedRequests) {
    this.#clock = clock
    this.#plans = plans
    this.#refused = refused
  }

  /** `routes` and `aggregated` are empty where `metrics.enabled` is `false`. */
  getSnapshot(): GatewaySnapshot {
    const plans = this.#plans()
    const counted = plans.flatMap((plan) =>
      plan.subsets.flatMap(({ version, metrics }) =>
        metrics === undefined ? [] : [{ route: plan.path, serviceName: plan.serviceName, version, metrics }],
      ),
    )
    return {
      timestamp: this.#clock.wallTime(),
      totalRoutes: plans.length,
      routes: counted.map((entry) => ({ ...entry, metrics: entry.metrics.getSnapshot() })),
      aggregated: aggregateMetrics(counted.map(({ metrics }) => metrics)),
      refused: this.#refused.snapshot(),
      versions: plans.flatMap(({ path, serviceName, versions }) =>
        versions === undefined ? [] : [{ route: path, serviceName, ...versions.selector.usage() }],
      ),
      mirrors: plans.flatMap(({ mirror }) => (mirror === undefined ? [] : [mirror.snapshot()])),
    }
  }
}
