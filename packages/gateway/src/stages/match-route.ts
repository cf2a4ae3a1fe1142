import { GatewayError } from '../errors.js'
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
    const { method } = exchange.arrived
    const match = currentTable().match(method, exchange.target.path)
    if (match.kind === 'found') {
      exchange.route = match.value.plan
      match.value.plan.inFlight.begin()
      return match.value.run(exchange)
    }
    if (match.kind === 'not-found') throw new GatewayError('ROUTE_NOT_FOUND')
    throw new GatewayError('METHOD_NOT_ALLOWED', { headers: ['Allow', match.allow.join(', ')] })
  }
}
