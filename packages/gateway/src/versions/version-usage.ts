import type { Clock } from '@hazeljs/core'
import { UnknownVersions, type UnknownVersion } from './unknown-versions.js'
import type { VersionChoice } from './version-choice.js'

/** Who still calls a version, and how they ask for it. */
export interface VersionUsage {
  readonly version: string
  /** Those that it was chosen for since its route was made, whatever became of them. */
  readonly requests: number
  /** How many of them by what decided, those that there were. */
  readonly resolvedBy: Readonly<Partial<Record<VersionChoice['resolvedBy'], number>>>
  /** Milliseconds since the Unix epoch; `undefined`: never. */
  readonly lastRequestAt: number | undefined
}

/** Who calls which version of a route, since it was made and on this process. */
export interface VersionsUsage {
  /** One for each of the route's versions, also of those that nobody calls. */
  readonly versions: readonly VersionUsage[]
  /** Versions that were asked for and that the route does not have: up to 20 of the most frequent. */
  readonly unknown: readonly UnknownVersion[]
  /** Requests for unknown versions that are not in `unknown`. */
  readonly otherUnknown: number
}

/** Counts for each version who went there; costs no allocation a request, but for versions that are unknown. */
export class VersionCounters {
  readonly #clock: Clock
  readonly #choices: readonly VersionChoice[]
  readonly #unknown = new UnknownVersions()

  constructor(choices: readonly VersionChoice[], clock: Clock) {
    this.#choices = choices
    this.#clock = clock
  }

  /** @param atMs by the clock's `now()`, which somebody has read for this request already */
  count(choice: VersionChoice, atMs: number): void {
    choice.requests++
    choice.lastAtMs = atMs
  }

  countUnknown(version: string, atMs: number): void {
    this.#unknown.count(version, atMs)
  }

  /** @param names of all versions, in their order */
  snapshot(names: readonly string[]): VersionsUsage {
    const epochMs = this.#clock.wallTime() - this.#clock.now()
    return {
      versions: names.map((version) => this.#usageOf(version, epochMs)),
      unknown: this.#unknown.most(epochMs),
      otherUnknown: this.#unknown.others,
    }
  }

  /** @param epochMs what makes a reading of `now()` one of the wall clock, as that goes now */
  #usageOf(version: string, epochMs: number): VersionUsage {
    const used = this.#choices.filter((choice) => choice.version === version && choice.requests > 0)
    return {
      version,
      requests: used.reduce((sum, { requests }) => sum + requests, 0),
      resolvedBy: Object.fromEntries(used.map(({ resolvedBy, requests }) => [resolvedBy, requests])),
      lastRequestAt: used.length === 0 ? undefined : Math.round(epochMs + Math.max(...used.map(({ lastAtMs }) => lastAtMs))),
    }
  }
}
