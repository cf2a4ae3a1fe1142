import { RetryBudget } from '@hazeljs/resilience'
import type { ResolvedRoute } from './config/resolved.js'
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
    const plan = planRoute(route, this.#gateway, this.#budgetOf(route.serviceName))
    this.#routes = [...this.#routes, compileRoute(plan, this.#gateway)]
    this.#table = undefined
  }

  /** `methods` narrows it down to the route with exactly these. Requests under way go on. */
  remove(path: string, methods?: readonly string[]): boolean {
    const wanted = methods
      ?.map((method) => method.toUpperCase())
      .sort()
      .join()
    const leaves = ({ plan }: CompiledRoute) =>
      plan.path === path && (wanted === undefined || [...(plan.resolved.methods ?? [])].sort().join() === wanted)
    const removed = this.#routes.filter(leaves)
    this.#routes = this.#routes.filter((route) => !leaves(route))
    this.#table = undefined
    for (const { plan } of removed) {
      plan.canary?.engine.stop()
      plan.inFlight.whenIdle(() => {
        closePlan(plan)
      })
    }
    return removed.length > 0
  }

  /** From now on a request gets 503, and adding a route throws. */
  close(): void {
    this.#closed = true
    for (const { plan } of this.#routes) closePlan(plan)
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

function closePlan({ whole, subsets, canary, mirror }: RoutePlan): void {
  canary?.engine.stop()
  mirror?.close()
  for (const { picker } of new Set([whole, ...subsets])) picker.close()
}
