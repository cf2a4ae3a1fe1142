import { GatewayError } from '../errors.js'
import type { Exchange } from '../exchange.js'
import type { RoutePlan } from '../route-plan.js'
import type { RouteTable } from '../routing/route-table.js'
import type { Next, Stage } from '../stage.js'

/** A route and the stages that its requests pass, made for its policies. */
export interface CompiledRoute {
  readonly plan: RoutePlan
  readonly run: Next
}

/** Finds the route, whose own stages go on from here. The table is read anew for each request, so it can be swapped under way. */
export function matchRoute(currentTable: () => RouteTable<CompiledRoute>): Stage {
  return (exchange) => {
    const { plan, run } = findRoute(currentTable(), exchange)
    exchange.route = plan
    plan.inFlight.begin()
    return run(exchange)
  }
}

/** @throws GatewayError `ROUTE_NOT_FOUND`, `METHOD_NOT_ALLOWED`. */
export function findRoute(table: RouteTable<CompiledRoute>, { arrived, target }: Exchange): CompiledRoute {
  const match = table.match(arrived.method, target.path)
  if (match.kind === 'found') return match.value
  if (match.kind === 'not-found') throw new GatewayError('ROUTE_NOT_FOUND')
  throw new GatewayError('METHOD_NOT_ALLOWED', { headers: ['Allow', match.allow.join(', ')] })
}
