import { type Clock, guardClock, type Random, systemClock, systemRandom } from '@hazeljs/core'
import { defaultMediaTypeParam, defaultVersionHeader, defaultVersionParam } from '../config/defaults.js'
import type { VersionRouteConfig } from '../config/version-config.js'
import { GatewayError } from '../errors.js'
import { headerValue } from '../http/header-lookup.js'
import { answerFields, varyingFields } from './answer-fields.js'
import { versionInMediaTypes } from './media-type-version.js'
import { queryValue } from './query-value.js'
import { type ResolvedBy, VersionChoice } from './version-choice.js'
import { versionInPath, withoutVersion } from './version-in-path.js'
import { versionMatcher } from './version-matches.js'
import { VersionCounters, type VersionsUsage } from './version-usage.js'
import { WeightedVersions } from './weighted-versions.js'

/** What a router works with, and where it finds versions in a path. */
export interface VersionRouterOptions {
  readonly random?: Random
  readonly clock?: Clock
  /**
   * For `uri`: the path before the version's segment, `/api/users` for `/api/users/v2/7`. Without it the first segment that names a
   * version counts.
   */
  readonly prefix?: string
}

/** Chooses versions as `VersionRouter` says, for requests as they arrived, and counts apart from it, since not every choice is one to count. */
export class VersionSelector {
  readonly #config: VersionRouteConfig
  readonly #header: string
  readonly #queryParam: string
  readonly #mediaTypeParam: string
  readonly #prefix: string | undefined
  readonly #commonFields: readonly string[]
  readonly #fields: ReadonlyMap<string, readonly string[]>
  readonly #weighted: WeightedVersions
  readonly #explicit = new Map<string, VersionChoice>()
  readonly #matched = new Map<string, VersionChoice>()
  readonly #matchOf: ReturnType<typeof versionMatcher>
  readonly #default: VersionChoice | undefined
  readonly #counters: VersionCounters

  /** @param config checked before */
  constructor(config: VersionRouteConfig, options: VersionRouterOptions = {}) {
    this.#config = config
    const { strategy, header = defaultVersionHeader, defaultVersion, routes } = config
    this.#header = header.toLowerCase()
    this.#queryParam = config.queryParam ?? defaultVersionParam
    this.#mediaTypeParam = (config.mediaTypeParam ?? defaultMediaTypeParam).toLowerCase()
    this.#prefix = options.prefix
    const vary = varyingFields(config, header)
    this.#commonFields = answerFields(vary, undefined)
    this.#fields = new Map(Object.entries(routes).map(([version, target]) => [version, answerFields(vary, target)]))
    const choices: VersionChoice[] = []
    const choiceOf = (version: string, resolvedBy: ResolvedBy): VersionChoice => {
      const choice = new VersionChoice(version, resolvedBy, this.fieldsOf(version))
      choices.push(choice)
      return choice
    }
    for (const [version, { allowExplicit, match }] of Object.entries(routes)) {
      if (allowExplicit !== false) this.#explicit.set(version, choiceOf(version, strategy))
      if (match !== undefined) this.#matched.set(version, choiceOf(version, 'match'))
    }
    this.#matchOf = versionMatcher(routes)
    this.#weighted = new WeightedVersions(routes, (version) => choiceOf(version, 'weight'), options.random ?? systemRandom)
    this.#default = defaultVersion === undefined ? undefined : choiceOf(defaultVersion, 'default')
    this.#counters = new VersionCounters(choices, guardClock(options.clock ?? systemClock))
  }

  /** With `stripVersion`: the path to forward is {@link strippedPath}. */
  get strips(): boolean {
    return this.#config.stripVersion === true
  }

  /**
   * @param query with or without its `?`
   * @param countedAt when the request came, by the clock's `now()`, for the count of unknown versions; `undefined`: it does not count. What is
   *   chosen is counted by {@link count}.
   * @throws GatewayError `VERSION_UNKNOWN`
   */
  choose(rawHeaders: readonly string[], path: string, query: string, method: string, countedAt: number | undefined): VersionChoice {
    const asked = this.#asked(rawHeaders, path, query, method)
    if (asked !== undefined && asked !== '') {
      const explicit = this.#explicit.get(asked)
      if (explicit !== undefined) return explicit
      if (!Object.hasOwn(this.#config.routes, asked)) {
        if (countedAt !== undefined) this.#counters.countUnknown(asked, countedAt)
        if (this.#config.onUnknownVersion === 'reject') throw this.#unknownVersion()
        if (this.#default !== undefined) return this.#default
      }
    }
    const matched = this.#matchOf?.(rawHeaders)
    if (matched !== undefined) return this.#matched.get(matched) as VersionChoice
    return this.#weighted.draw() ?? (this.#default as VersionChoice)
  }

  /** @param atMs when its request came, by the clock's `now()` */
  count(choice: VersionChoice, atMs: number): void {
    this.#counters.count(choice, atMs)
  }

  usage(): VersionsUsage {
    return this.#counters.snapshot(Object.keys(this.#config.routes))
  }

  /** Fields for each answer of a version, name, value, …; of one that is not among `routes` only what all answers have. */
  fieldsOf(version = ''): readonly string[] {
    return this.#fields.get(version) ?? this.#commonFields
  }

  strippedPath(path: string): string {
    return withoutVersion(path, this.#prefix, this.#config.routes)
  }

  /** Names those that may be asked for, and nothing that the client sent. */
  #unknownVersion(): GatewayError {
    const detail = `The versions are ${[...this.#explicit.keys()].join(', ')}.`
    return new GatewayError('VERSION_UNKNOWN', { detail, headers: this.#commonFields })
  }

  #asked(rawHeaders: readonly string[], path: string, query: string, method: string): string | undefined {
    switch (this.#config.strategy) {
      case 'header':
        return headerValue(rawHeaders, this.#header)
      case 'query':
        return queryValue(query, this.#queryParam)
      case 'uri':
        return versionInPath(path, this.#prefix, this.#config.routes)
      case 'media-type':
        return versionInMediaTypes(rawHeaders, method, this.#mediaTypeParam, this.#config.routes)
    }
  }
}
