import type { Exchange } from '../exchange.js'
import type { RoutePlan } from '../route-plan.js'
import type { RouteStage, Stage } from '../stage.js'
import type { Subset } from '../subset.js'
import type { VersionResolution } from '../versions/version-router.js'

/** Decides which version or canary arm serves the request. A version that was asked for by name beats the canary, which splits the rest. */
export const chooseSubset: RouteStage = (route) => choosing(chooser(route))

/** The stage, with a chooser of somebody else. */
export function choosing(choose: (exchange: Exchange) => Subset): Stage {
  return (exchange, next) => {
    exchange.subset = choose(exchange)
    return next(exchange)
  }
}

/** `tell` is told which version was resolved, and by what, before a canary may take its place. */
export function chooser(route: RoutePlan, tell?: (resolution: VersionResolution) => void): (exchange: Exchange) => Subset {
  const { whole, versions, canary } = route
  if (versions !== undefined) {
    return (exchange) => {
      const resolution = versions.router.resolveRaw(exchange.arrived.rawHeaders, exchange.target.path, exchange.target.query)
      tell?.(resolution)
      const { version, resolvedBy } = resolution
      const asked = resolvedBy !== 'weight' && resolvedBy !== 'default'
      if (canary !== undefined && !asked) return chooseArm(canary, exchange)
      return versions.subsets.get(version) ?? whole
    }
  }
  if (canary !== undefined) return (exchange) => chooseArm(canary, exchange)
  return () => whole
}

/** A canary that can't serve, for lack of instances or behind an open circuit, leaves its share to stable. */
function chooseArm(canary: NonNullable<RoutePlan['canary']>, exchange: Exchange): Subset {
  if (canary.engine.selectVersion() === 'canary' && canServe(canary.canary)) {
    exchange.arm = 'canary'
    return canary.canary
  }
  exchange.arm = 'stable'
  return canary.stable
}

function canServe({ picker, breaker }: Subset): boolean {
  return picker.instances.length > 0 && (breaker === undefined || breaker.getTimeUntilNextAttempt() === 0)
}
