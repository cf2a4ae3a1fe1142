import {
  lookAtBody,
  lookAtCircuit,
  lookAtConcurrency,
  lookAtInstances,
  lookAtRate,
  lookAtRequests,
  lookAtSubset,
  lookAtUpgrade,
  type Sightings,
  stopHere,
} from './explain/look.js'
import type { GatewayContext } from './gateway-context.js'
import type { RoutePlan } from './route-plan.js'
import type { RouteTable } from './routing/route-table.js'
import { chain, type FindRoute, type Next } from './stage.js'
import { adaptConcurrency } from './stages/adapt-concurrency.js'
import { answerErrors } from './stages/answer-errors.js'
import { answerPreflight } from './stages/answer-preflight.js'
import { breakCircuit } from './stages/break-circuit.js'
import { chooseSubset } from './stages/choose-subset.js'
import { fallBack } from './stages/fall-back.js'
import { forward } from './stages/forward.js'
import { identify } from './stages/identify.js'
import { limitBody } from './stages/limit-body.js'
import { limitConcurrency } from './stages/limit-concurrency.js'
import { limitRate } from './stages/limit-rate.js'
import { limitRequests } from './stages/limit-requests.js'
import { limitTime } from './stages/limit-time.js'
import { type CompiledRoute, findRoute, matchRoute } from './stages/match-route.js'
import { mirror } from './stages/mirror.js'
import { observe } from './stages/observe.js'
import { pickInstance } from './stages/pick-instance.js'
import { retry } from './stages/retry.js'
import { rewrite } from './stages/rewrite.js'
import { transformBodies } from './stages/transform-bodies.js'
import { validate } from './stages/validate.js'

/*
 * READ FIRST: the way of a request, outermost stage first. Every request walks it, whatever brought it here and however its route
 * was defined; nothing else in this package orders stages.
 */

/** Until its route is known. */
const arrival = [observe, answerErrors, identify, validate, answerPreflight, limitRequests]

/** On its route. `forward` streams the answer back, so everything outside of it sees the whole exchange. */
const onRoute = [
  limitRate,
  limitBody,
  chooseSubset,
  rewrite,
  limitTime,
  limitConcurrency,
  adaptConcurrency,
  mirror,
  transformBodies,
  fallBack,
  retry,
  breakCircuit,
  pickInstance,
  forward,
]

/** The whole way for a gateway; `currentTable` is asked at each request. */
export function compileArrival(gateway: GatewayContext, currentTable: () => RouteTable<CompiledRoute>): Next {
  return chain([...arrival.map((stage) => stage(gateway, asFound(currentTable))), matchRoute(currentTable)])
}

/** A route's part of the way, with the stages that its policies need. */
export function compileRoute(plan: RoutePlan, gateway: GatewayContext): CompiledRoute {
  return { plan, run: chain(onRoute.map((stage) => stage(plan, gateway))) }
}

/**
 * The way of a request that is only explained: the same stages as far as they decide, and in the place of those that count, wait or send,
 * ones that look. `seen` is filled on the way.
 */
export function compileDryRun(gateway: GatewayContext, currentTable: () => RouteTable<CompiledRoute>, seen: Sightings): Next {
  const dryArrival = [answerErrors, identify, validate, answerPreflight, lookAtRequests]
  const dryRoute = [
    lookAtRate(seen),
    lookAtBody(seen),
    lookAtSubset(seen),
    rewrite,
    limitTime,
    lookAtConcurrency,
    lookAtCircuit,
    lookAtInstances,
    lookAtUpgrade(seen),
    stopHere,
  ]
  return chain([
    ...dryArrival.map((stage) => stage(gateway, asFound(currentTable))),
    (exchange) => {
      const { plan } = findRoute(currentTable(), exchange)
      exchange.route = plan
      return chain(dryRoute.map((stage) => stage(plan, gateway)))(exchange)
    },
  ])
}

const asFound =
  (currentTable: () => RouteTable<CompiledRoute>): FindRoute =>
  (method, path) =>
    currentTable().match(method, path)
