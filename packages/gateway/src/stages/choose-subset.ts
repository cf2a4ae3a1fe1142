import { type Assignment, stableWithoutEvidence } from '../canary/assignment/assignment.js'
import { stickyCookie } from '../canary/assignment/sticky-cookie.js'
import type { Exchange } from '../exchange.js'
import type { RoutePlan } from '../route-plan.js'
import type { RouteStage, Stage } from '../stage.js'
import { canServe, type Subset } from '../subset.js'
import type { VersionChoice } from '../versions/version-choice.js'

type CanaryPlan = NonNullable<RoutePlan['canary']>

/** Who is told what was decided on the way to a subset. */
export interface ChoiceListener {
  /** Which version was resolved, and by what, before a canary may take its place. */
  readonly resolved?: (choice: VersionChoice) => void
  /** The version serves its request. Without it, versions that are unknown are not counted. */
  readonly served?: (choice: VersionChoice, startedAt: number) => void
  /** The canary can't serve its request, and stable does. */
  readonly diverted?: (assignment: Assignment) => void
}

/** Decides which version or canary arm serves the request. A version that was asked for by name beats the canary, which splits the rest. */
export const chooseSubset: RouteStage = (route) => {
  const { versions, canary } = route
  return choosing(
    chooser(route, {
      ...(versions && { served: (choice, startedAt) => versions.selector.count(choice, startedAt) }),
      ...(canary && { diverted: () => heldBack(canary) }),
    }),
  )
}

/** Before the instances are known, as at the start, it says nothing of the canary that it has none. */
function heldBack({ engine, canary }: CanaryPlan): void {
  if (canary.picker.ready) engine.divert()
}

/** The stage, with a chooser of somebody else. */
export function choosing(choose: (exchange: Exchange) => Subset): Stage {
  return (exchange, next) => {
    exchange.subset = choose(exchange)
    return next(exchange)
  }
}

export function chooser(route: RoutePlan, listener: ChoiceListener = {}): (exchange: Exchange) => Subset {
  const { whole, versions, canary } = route
  const chooseArm = canary && armChooser(canary, listener.diverted)
  return (versions && versionChooser(versions, whole, chooseArm, listener)) ?? chooseArm ?? (() => whole)
}

function versionChooser(
  { selector, subsets }: NonNullable<RoutePlan['versions']>,
  whole: Subset,
  chooseArm: ((exchange: Exchange) => Subset) | undefined,
  { resolved, served }: ChoiceListener,
): (exchange: Exchange) => Subset {
  return (exchange) => {
    const { arrived, target, startedAt } = exchange
    const countedAt = served === undefined ? undefined : startedAt
    const choice = selector.choose(arrived.rawHeaders, target.path, target.query, arrived.method, countedAt)
    resolved?.(choice)
    if (chooseArm !== undefined && !choice.isAsked) {
      const arm = chooseArm(exchange)
      exchange.addAnswerHeaders(selector.fieldsOf(arm.version))
      return arm
    }
    served?.(choice, startedAt)
    exchange.addAnswerHeaders(choice.fields)
    return subsets.get(choice.version) ?? whole
  }
}

/** A canary that can't serve, for lack of instances or behind an open circuit, leaves its share to stable. */
function armChooser({ engine, stable, canary }: CanaryPlan, diverted: ChoiceListener['diverted']): (exchange: Exchange) => Subset {
  const { stickyBy } = engine.config
  const cookie = typeof stickyBy === 'object' && 'cookie' in stickyBy ? stickyBy.cookie : ''
  return (exchange) => {
    const { arrived, clientIp, proto } = exchange
    const assignment = engine.assign(arrived.rawHeaders, clientIp)
    const { arm, issuedKey } = assignment
    if (issuedKey !== undefined) exchange.addAnswerHeader('Set-Cookie', stickyCookie(cookie, issuedKey, proto === 'https'))
    exchange.assignment = assignment
    if (arm === 'stable') return stable
    if (canServe(canary)) return canary
    diverted?.(assignment)
    exchange.assignment = stableWithoutEvidence
    return stable
  }
}
