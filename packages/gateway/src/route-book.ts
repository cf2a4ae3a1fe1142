import { ConfigError, type ConfigProblem, show, toError } from '@hazeljs/core'
import { RetryBudget } from '@hazeljs/resilience'
import type { CanaryEngine } from './canary/canary-engine.js'
import type { GatewayRouteDefinition } from './config/definition.js'
import type { ResolvedRoute } from './config/resolved.js'
import { sameDefinition } from './config/same-definition.js'
import { GatewayError } from './errors.js'
import type { GatewayContext } from './gateway-context.js'
import { compileRoute } from './path.js'
import { planRoute } from './plan-route.js'
import type { RoutePlan } from './route-plan.js'
import { RouteTable } from './routing/route-table.js'
import type { CompiledRoute } from './stages/match-route.js'

/** The routes of a gateway. Requests read the table; whoever adds or removes a route has the next request build a new one. */
export class RouteBook {
  readonly #gateway: GatewayContext
  readonly #budgets = new Map<string, RetryBudget>()
  #routes: readonly CompiledRoute[] = []
  #table: RouteTable<CompiledRoute> | undefined
  #closed = false
  #canariesRun = false

  constructor(gateway: GatewayContext) {
    this.#gateway = gateway
  }

  get plans(): readonly RoutePlan[] {
    return this.#routes.map(({ plan }) => plan)
  }

  /** Built when a request first needs it, so that adding a thousand routes builds one table. */
  readonly table = (): RouteTable<CompiledRoute> => {
    this.#ensureOpen()
    this.#table ??= new RouteTable(
      this.#routes.map((route) => ({ path: route.plan.path, methods: route.plan.resolved.methods, value: route })),
    )
    return this.#table
  }

  add(route: ResolvedRoute): void {
    this.#ensureOpen()
    this.#routes = [...this.#routes, this.#compile(route)]
    this.#table = undefined
  }

  /**
   * Swaps all routes. Those that say the same as one in service keep it, with its state; of those that say the same of their canary, its
   * rollout goes on. The others are made before anything changes, so whoever cannot be made leaves everything as it was.
   *
   * @throws ConfigError with the problems of all routes that can't be made; GatewayError `GATEWAY_CLOSED`.
   */
  replace(routes: readonly ResolvedRoute[]): void {
    this.#ensureOpen()
    const inService = new Map(this.#routes.map((route) => [keyOf(route.plan.resolved), route]))
    const kept = new Set<CompiledRoute>()
    const added: CompiledRoute[] = []
    const goingOn = new Set<CanaryEngine>()
    const problems: ConfigProblem[] = []
    const next = routes.flatMap((route, index) => {
      const current = inService.get(keyOf(route))
      if (current !== undefined && sameDefinition(withoutMethods(current.plan.resolved), withoutMethods(route))) {
        kept.add(current)
        return [current]
      }
      try {
        const rollout = rolloutFor(route, current)
        if (rollout !== undefined) goingOn.add(rollout)
        const made = this.#compile(route, rollout)
        added.push(made)
        return [made]
      } catch (error) {
        problems.push(...problemsIn(error, `routes[${index}]`))
        return []
      }
    })
    if (problems.length > 0) {
      for (const { plan } of added) void closePlan(plan, goingOn)
      this.#forgetBudgets()
      throw new ConfigError('The routes', problems)
    }
    const removed = this.#routes.filter((route) => !kept.has(route))
    this.#routes = next
    this.#table = undefined
    const pathsOf = (list: Iterable<CompiledRoute>) => [...list].map(({ plan }) => plan.path)
    this.#retire(removed, goingOn)
    this.#gateway.events.emit('routes:replaced', { added: pathsOf(added), removed: pathsOf(removed), kept: pathsOf(kept) })
  }

  /** Whether a canary is not started. */
  get canariesWait(): boolean {
    return this.#routes.some(({ plan }) => plan.canary?.engine.getStatus().running === false)
  }

  startCanaries(): void {
    this.#canariesRun = true
    for (const { plan } of this.#routes) plan.canary?.engine.start()
  }

  /** `methods` narrows it down to the route with exactly these. Requests under way go on. @throws ConfigError for `methods` that are no list. */
  remove(path: string, methods?: readonly string[]): boolean {
    if (methods !== undefined && !(Array.isArray(methods) && methods.every((method) => typeof method === 'string')))
      throw new ConfigError('removeRoute', [{ path: 'methods', message: `expected a list of methods, got ${show(methods)}` }])
    const wanted = methods
      ?.map((method) => method.toUpperCase())
      .sort()
      .join()
    const leaves = ({ plan }: CompiledRoute) =>
      plan.path === path && (wanted === undefined || [...(plan.resolved.methods ?? [])].sort().join() === wanted)
    const removed = this.#routes.filter(leaves)
    this.#routes = this.#routes.filter((route) => !leaves(route))
    this.#table = undefined
    this.#retire(removed)
    return removed.length > 0
  }

  /** From now on a request gets 503, and adding a route throws. Resolves when canaries have given up what they held in a store. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#routes.map(({ plan }) => closePlan(plan)))
  }

  #compile(route: ResolvedRoute, rollout?: CanaryEngine): CompiledRoute {
    const plan = planRoute(route, this.#gateway, this.#budgetOf(route.serviceName), rollout)
    if (this.#canariesRun) plan.canary?.engine.start()
    return compileRoute(plan, this.#gateway)
  }

  /** Lets the requests of routes that are out of the table end, and lets go of what they needed. */
  #retire(removed: readonly CompiledRoute[], goingOn: ReadonlySet<CanaryEngine> = new Set()): void {
    const { events } = this.#gateway
    for (const { plan } of removed) {
      if (plan.canary !== undefined && !goingOn.has(plan.canary.engine)) plan.canary.engine.stop()
      plan.inFlight.whenIdle(() => {
        void closePlan(plan, goingOn)
        if (events.has('route:released')) events.emit('route:released', { route: plan.path })
      })
    }
    this.#forgetBudgets()
  }

  /** Those of services that no route leads to. */
  #forgetBudgets(): void {
    const served = new Set(this.#routes.map(({ plan }) => plan.serviceName))
    for (const serviceName of this.#budgets.keys()) if (!served.has(serviceName)) this.#budgets.delete(serviceName)
  }

  #ensureOpen(): void {
    if (this.#closed) throw new GatewayError('GATEWAY_CLOSED')
  }

  #budgetOf(serviceName: string): RetryBudget {
    let budget = this.#budgets.get(serviceName)
    if (budget === undefined) {
      budget = new RetryBudget({}, this.#gateway.clock)
      this.#budgets.set(serviceName, budget)
    }
    return budget
  }
}

/** No two routes of a gateway have the same. The order of methods says nothing. */
function keyOf({ shape, path, methods }: ResolvedRoute): string {
  return JSON.stringify([shape, path, methods && [...methods].sort()])
}

/** What a route's key leaves open. */
function withoutMethods({ definition: { methods: _methods, ...rest } }: ResolvedRoute): Omit<GatewayRouteDefinition, 'methods'> {
  return rest
}

/** What an error of a policy or a service's watch says, as problems of the route. */
function problemsIn(error: unknown, name: string): readonly ConfigProblem[] {
  if (!(error instanceof ConfigError)) return [{ path: name, message: toError(error).message }]
  return error.problems.map(({ path, message }) => ({ path: path === '' ? name : `${name}.${path}`, message }))
}

/** The rollout of the route in service, where the new one says the same of its canary. A gate of a mirror's goes with its mirror. */
function rolloutFor({ canary }: ResolvedRoute, current: CompiledRoute | undefined): CanaryEngine | undefined {
  if (canary === undefined || canary.promotion.maxMirrorDiffRate !== undefined) return undefined
  return sameDefinition(canary, current?.plan.resolved.canary) ? current?.plan.canary?.engine : undefined
}

async function closePlan({ whole, subsets, canary, mirror }: RoutePlan, goingOn: ReadonlySet<CanaryEngine> = new Set()): Promise<void> {
  mirror?.close()
  for (const { picker } of new Set([whole, ...subsets])) picker.close()
  if (canary !== undefined && !goingOn.has(canary.engine)) await canary.engine.close()
}
