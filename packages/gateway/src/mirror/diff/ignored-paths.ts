import { show } from '@hazeljs/core'

/** One step of a path that is ignored. */
interface Step {
  /** `undefined`: any name and any index. */
  readonly key: string | undefined
  /** Whether it may stand at any depth below the step before. */
  readonly deep: boolean
}

/** A place in a path that is ignored: this step is to be matched next. */
interface Place {
  readonly steps: readonly Step[]
  readonly at: number
}

/** Where a walk through JSON stands in the paths that it ignores. */
export type IgnoredPlaces = readonly Place[]

const step = /(\.\.|\.)(\*|[^.[\]*'"\s]+)|\[(?:(\*)|(\d+)|'([^']*)'|"([^"]*)")\]/y

/** What is wrong with a path of JSON to ignore; `undefined`: nothing. */
export function ignoredPathProblem(path: string): string | undefined {
  if (parsePath(path) !== undefined) return undefined
  return `expected a path such as '$.items[*].updatedAt', '$..etag' or '$.meta["a b"]', got ${show(path)}`
}

/** Where a walk begins. Paths that are none are left out: {@link ignoredPathProblem} finds them. */
export function compileIgnoredPaths(paths: readonly string[]): IgnoredPlaces {
  return paths.flatMap((path) => {
    const steps = parsePath(path)
    return steps === undefined ? [] : [{ steps, at: 0 }]
  })
}

/**
 * Where the walk stands one step further; `ignored`: what is there is not looked at. No place comes twice, so there are never more than steps:
 * below a name that repeats with each level, `$..a..a..a.b` would otherwise have as many as ways to take three of the levels.
 */
export function stepInto(places: IgnoredPlaces, key: string): IgnoredPlaces | 'ignored' {
  if (places.length === 0) return places
  const next: Place[] = []
  for (const place of places) {
    const { steps, at } = place
    const { key: wanted, deep } = steps[at] as Step
    if (deep && !isAmong(next, steps, at)) next.push(place)
    if (wanted !== undefined && wanted !== key) continue
    if (at + 1 === steps.length) return 'ignored'
    if (!isAmong(next, steps, at + 1)) next.push({ steps, at: at + 1 })
  }
  return next
}

function isAmong(places: readonly Place[], steps: readonly Step[], at: number): boolean {
  return places.some((place) => place.steps === steps && place.at === at)
}

function parsePath(path: string): readonly Step[] | undefined {
  if (!path.startsWith('$') || path.length === 1) return undefined
  const steps: Step[] = []
  step.lastIndex = 1
  while (step.lastIndex < path.length) {
    const match = step.exec(path)
    if (match === null) return undefined
    const [, dots, name, anyIndex, index, single, double] = match
    const key = name ?? anyIndex ?? index ?? single ?? double
    // In quotes, a star is a name like any other.
    steps.push({ key: name === '*' || anyIndex !== undefined ? undefined : key, deep: dots === '..' })
  }
  return steps
}
