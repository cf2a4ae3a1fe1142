import type { Outcome } from '@hazeljs/resilience'
import type { Exchange } from './exchange.js'
import type { GatewayContext } from './gateway-context.js'
import type { RoutePlan } from './route-plan.js'
import type { RouteMatch } from './routing/route-table.js'

/**
 * The rest of the way. Resolves with the verdict once the client has its answer, or is gone; rejects as long as no byte of an
 * answer went out, so that somebody further out can still give one.
 */
export type Next = (exchange: Exchange) => Promise<Outcome>

/** One step on the way of a request. It may act before the rest, after it, instead of it, or again. */
export type Stage = (exchange: Exchange, next: Next) => Promise<Outcome>

/** Which route serves a method and a canonical path, as the routes are now. */
export type FindRoute = (method: string, path: string) => RouteMatch<{ readonly plan: RoutePlan }>

/** Makes a stage for a gateway; `undefined` where the gateway doesn't use it, which then costs nothing. */
export type GatewayStage = (gateway: GatewayContext, findRoute: FindRoute) => Stage | undefined

/** Makes a stage for one route; `undefined` where the route doesn't use it, which then costs nothing. */
export type RouteStage = (route: RoutePlan, gateway: GatewayContext) => Stage | undefined

/** Stages as one function, the first being the outermost. Stages that are not used fall out here, once. */
export function chain(stages: readonly (Stage | undefined)[]): Next {
  return stages.filter((stage) => stage !== undefined).reduceRight<Next>((next, stage) => (exchange) => stage(exchange, next), endOfPath)
}

function endOfPath(): never {
  throw new Error('The last stage of a path must not call the next one')
}
