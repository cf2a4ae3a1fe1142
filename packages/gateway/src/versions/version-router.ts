import { type Clock, guardClock, systemClock } from '@hazeljs/core'
import { checkVersionRoute } from '../config/check.js'
import type { VersionRouteConfig } from '../config/version-config.js'
import type { ResolvedBy } from './version-choice.js'
import { type VersionRouterOptions, VersionSelector } from './version-selector.js'
import type { VersionsUsage } from './version-usage.js'

type FieldRecord = Readonly<Record<string, string | readonly string[] | undefined>>

/** A request as {@link VersionRouter.resolve} reads it. Header names have no case. */
export interface VersionRequest {
  /** Default `GET`. */
  readonly method?: string
  /** May carry a query. */
  readonly path: string
  readonly headers?: FieldRecord
  /** With or without its `?`, or by name. */
  readonly query?: string | FieldRecord
}

/** Which version a request gets, and why. */
export interface VersionResolution {
  /** One of the names in `routes`. */
  readonly version: string
  /** What decided: the place where the request asked, its fit, chance, or nothing but the configuration. */
  readonly resolvedBy: ResolvedBy
  /** With `stripVersion` only: the path without the version's segment. */
  readonly path?: string
}

/**
 * Chooses the version of a service for a request. A version that is asked for by name wins; an unknown one becomes `defaultVersion`, or is
 * refused. Requests that ask for none, or for one that may not be asked for, go to the version that they `match`; the others are spread by
 * weight, and without weights go to `defaultVersion`.
 *
 * With `uri` a segment that neither names a version nor looks like one is an ordinary part of the path, so it asks for none.
 */
export class VersionRouter {
  readonly config: VersionRouteConfig
  readonly #selector: VersionSelector
  readonly #clock: Clock

  /** @throws ConfigError that lists every problem of `config`. */
  constructor(config: VersionRouteConfig, options: VersionRouterOptions = {}) {
    this.config = checkVersionRoute(config)
    this.#clock = guardClock(options.clock ?? systemClock)
    this.#selector = new VersionSelector(this.config, { ...options, clock: this.#clock })
  }

  /** @throws GatewayError `VERSION_UNKNOWN` with `onUnknownVersion: 'reject'`. */
  resolve(request: VersionRequest): VersionResolution {
    const { path, headers = {}, query, method } = request
    const mark = path.indexOf('?')
    const [bare, ownQuery] = mark === -1 ? [path, ''] : [path.slice(0, mark), path.slice(mark)]
    return this.resolveRaw(fieldsOf(headers).flat(), bare, queryText(query) ?? ownQuery, method)
  }

  /** The same for a request as it arrived: a flat list of header names and values, and the query with or without its `?`. */
  resolveRaw(rawHeaders: readonly string[], path: string, query: string, method = 'GET'): VersionResolution {
    const selector = this.#selector
    const now = this.#clock.now()
    const choice = selector.choose(rawHeaders, path, query, method, now)
    selector.count(choice, now)
    const { version, resolvedBy } = choice
    return selector.strips ? { version, resolvedBy, path: selector.strippedPath(path) } : { version, resolvedBy }
  }

  /** Fields for each answer of a version: `Vary`, and what is told of its end. A gateway adds them by itself. */
  answerHeaders(version: string): Readonly<Record<string, string>> {
    const fields = this.#selector.fieldsOf(version)
    return Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1] as string]] : [])))
  }

  /** Who asked for which version, and how, since this router was made. */
  getUsage(): VersionsUsage {
    return this.#selector.usage()
  }
}

function fieldsOf(record: FieldRecord): (readonly [string, string])[] {
  return Object.entries(record).flatMap(([name, value]) => {
    const values = typeof value === 'string' ? [value] : (value ?? [])
    return values.map((one) => [name, one] as const)
  })
}

function queryText(query: VersionRequest['query']): string | undefined {
  if (query === undefined || typeof query === 'string') return query
  return fieldsOf(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
}
