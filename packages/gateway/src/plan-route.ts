import type { ServiceFilter } from '@hazeljs/core'
import { durationMs } from '@hazeljs/core'
import type { InstancePicker } from '@hazeljs/discovery'
import {
  AdaptiveConcurrencyLimiter,
  Bulkhead,
  CircuitBreaker,
  CircuitState,
  MetricsCollector,
  RateLimiter,
  ResilienceError,
  type Outcome,
  type RetryBudget,
  RetryPolicy,
} from '@hazeljs/resilience'
import { armFilter } from './canary/assignment/arm-filter.js'
import type { CanaryEngine } from './canary/canary-engine.js'
import { canaryEngine } from './canary/plan-canary.js'
import type { CanaryConfig } from './config/canary-config.js'
import type { ResolvedRoute } from './config/resolved.js'
import { GatewayError, UpstreamError } from './errors.js'
import type { CircuitEvent } from './events.js'
import type { GatewayContext } from './gateway-context.js'
import { compileEdits, requestHeaderRules } from './http/headers.js'
import { InFlight } from './in-flight.js'
import { Mirror } from './mirror/mirror.js'
import { isOverload } from './overload.js'
import type { RoutePlan } from './route-plan.js'
import type { Subset } from './subset.js'
import { uriPrefix } from './versions/version-in-path.js'
import { VersionSelector } from './versions/version-selector.js'

interface Closable {
  close(): unknown
}

/**
 * Makes a route's policies and opens its watches. `budget` is the service's: routes to one service share it. `rollout`, of a route that this one
 * replaces, goes on.
 *
 * @throws {Error} where a part can't be made; no watch stays open then.
 */
export function planRoute(route: ResolvedRoute, gateway: GatewayContext, budget: RetryBudget, rollout?: CanaryEngine): RoutePlan {
  const opened: Closable[] = []
  try {
    return makePlan(route, gateway, budget, rollout, opened)
  } catch (error) {
    for (const part of opened) part.close()
    throw error
  }
}

function makePlan(
  route: ResolvedRoute,
  gateway: GatewayContext,
  budget: RetryBudget,
  rollout: CanaryEngine | undefined,
  opened: Closable[],
): RoutePlan {
  const subsetOf = (version: string | undefined, filter: ServiceFilter | undefined): Subset => {
    const picker = gateway.discovery.picker(route.serviceName, { strategy: route.strategy, ...(filter && { filter }) })
    opened.push(picker)
    return makeSubset(route, gateway, version, filter, picker)
  }
  const whole = subsetOf(undefined, route.filter)
  const versions = route.versionRoute && {
    selector: new VersionSelector(route.versionRoute, { random: gateway.random, clock: gateway.clock, prefix: uriPrefix(route.path) }),
    subsets: new Map(
      Object.entries(route.versionRoute.routes).map(
        ([version, { filter }]) => [version, subsetOf(version, both(route.filter, filter))] as const,
      ),
    ),
  }
  const mirror = route.mirror && new Mirror(route.mirror, route.path, gateway)
  if (mirror !== undefined) opened.push(mirror)
  const planCanary = (config: CanaryConfig): RoutePlan['canary'] => {
    const mirrorDiff = mirror !== undefined && route.mirror?.diff !== undefined ? () => mirror.diffRate() : undefined
    const engine = rollout ?? canaryEngine(route, config, gateway, mirrorDiff)
    if (rollout === undefined) opened.push(engine)
    return {
      engine,
      stable: subsetOf(config.stable.version, both(route.filter, armFilter(config.stable, route.versionRoute))),
      canary: subsetOf(config.canary.version, both(route.filter, armFilter(config.canary, route.versionRoute))),
    }
  }
  const canary = route.canary && planCanary(route.canary)
  const divided = [...(versions?.subsets.values() ?? []), ...(canary === undefined ? [] : [canary.stable, canary.canary])]
  return {
    ...route,
    resolved: route,
    requestRules: requestHeaderRules({
      preserveHost: route.preserveHost,
      pseudonym: gateway.pseudonym,
      edits: route.transform?.requestEdits,
    }),
    answerRules: {
      ownsCors: gateway.config.cors !== undefined,
      pseudonym: gateway.pseudonym,
      edits: compileEdits(route.transform?.responseEdits),
    },
    whole,
    versions,
    canary,
    subsets: divided.length === 0 ? [whole] : divided,
    limiter: route.rateLimit && new RateLimiter(withoutKey(route.rateLimit), gateway.clock),
    limiterKey: route.rateLimit?.key,
    limiterWindowSeconds: Math.ceil((durationMs(route.rateLimit?.window) ?? 0) / 1_000),
    retry: retryPolicy(route, gateway, budget),
    budget,
    retriesAnswers: route.retry !== undefined,
    breaks: route.circuitBreaker !== undefined,
    bounded: route.bulkhead !== undefined,
    adapts: route.adaptiveConcurrency !== undefined,
    mirror,
    inFlight: new InFlight(),
  }
}

function makeSubset(
  route: ResolvedRoute,
  gateway: GatewayContext,
  version: string | undefined,
  filter: ServiceFilter | undefined,
  picker: InstancePicker,
): Subset {
  return {
    version,
    filter,
    picker,
    breaker: circuitBreaker(route, gateway, version),
    bulkhead: route.bulkhead && new Bulkhead(route.bulkhead, gateway.clock),
    adaptive: adaptiveLimiter(route, gateway),
    metrics: gateway.config.metrics.enabled ? new MetricsCollector(gateway.config.metrics.windowMs, gateway.clock) : undefined,
  }
}

function adaptiveLimiter({ adaptiveConcurrency }: ResolvedRoute, { clock }: GatewayContext): AdaptiveConcurrencyLimiter | undefined {
  if (adaptiveConcurrency === undefined) return undefined
  const { overloadPredicate = isOverload } = adaptiveConcurrency
  return new AdaptiveConcurrencyLimiter({ ...adaptiveConcurrency, overloadPredicate }, clock)
}

/** An instance has to fit the route's filter and the version's; configurations where these contradict each other are refused. */
function both(outer: ServiceFilter | undefined, inner: ServiceFilter | undefined): ServiceFilter | undefined {
  if (outer === undefined || inner === undefined) return inner ?? outer
  return {
    ...outer,
    ...inner,
    tags: [...(outer.tags ?? []), ...(inner.tags ?? [])],
    metadata: { ...outer.metadata, ...inner.metadata },
  }
}

const circuitEvents = {
  [CircuitState.OPEN]: 'circuit:open',
  [CircuitState.CLOSED]: 'circuit:close',
  [CircuitState.HALF_OPEN]: 'circuit:half-open',
} as const

function circuitBreaker(
  route: ResolvedRoute,
  { clock, random, events }: GatewayContext,
  version: string | undefined,
): CircuitBreaker | undefined {
  if (route.circuitBreaker === undefined) return undefined
  const { failurePredicate } = route.circuitBreaker
  const breaker = new CircuitBreaker(
    {
      ...route.circuitBreaker,
      failurePredicate: (error) => (isAnswerOf(error) ? (failurePredicate?.(error) ?? 'failure') : 'ignored'),
      resultPredicate: (outcome: Outcome) => outcome,
    },
    clock,
    random,
  )
  breaker.on('stateChange', ({ to }) => {
    const event = to in circuitEvents ? circuitEvents[to as keyof typeof circuitEvents] : undefined
    const payload: CircuitEvent = { route: route.path, serviceName: route.serviceName, version }
    if (event !== undefined) events.emit(event, payload)
  })
  return breaker
}

/** Not so: a client that left or sent what nobody can forward, a service without instances, no place in the bulkhead. */
function isAnswerOf(error: Error): boolean {
  if (error instanceof UpstreamError) return error.status >= 500
  return !(error instanceof GatewayError) && (!(error instanceof ResilienceError) || error.callRan)
}

/** Without `retry`: a connection that can't be made is tried once more, at once and elsewhere. */
const connectOnce = { maxAttempts: 1, backoff: 'fixed', baseDelay: 0, jitter: 'none' } as const

function retryPolicy(route: ResolvedRoute, { clock, random }: GatewayContext, budget: RetryBudget): RetryPolicy {
  const configured = route.retry
  return new RetryPolicy(
    {
      ...(configured ?? connectOnce),
      budget,
      retryPredicate: (error) => {
        if (!(error instanceof UpstreamError)) return false
        // Unreachable though sent: on a connection that the instance was just closing, and then there was no other to it.
        if (error.neverSent || (error.code === 'UPSTREAM_UNREACHABLE' && error.repeatable)) return true
        return configured !== undefined && error.repeatable && (configured.retryPredicate?.(error) ?? true)
      },
    },
    clock,
    random,
  )
}

function withoutKey<T extends { readonly key?: unknown }>({ key: _key, ...options }: T): Omit<T, 'key'> {
  return options
}
