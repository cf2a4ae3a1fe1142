import { type Random, systemRandom } from '@hazeljs/core'
import { checkVersionRoute } from '../config/check.js'
import { defaultVersionHeader, defaultVersionParam } from '../config/defaults.js'
import type { VersionRouteConfig } from '../config/version-config.js'
import { headerValue } from '../http/header-lookup.js'
import { queryValue } from './query-value.js'
import { versionInPath } from './version-in-path.js'
import { WeightedVersions } from './weighted-versions.js'

type FieldRecord = Readonly<Record<string, string | readonly string[] | undefined>>

/** A request as {@link VersionRouter.resolve} reads it. Header names have no case. */
export interface VersionRequest {
  readonly method?: string
  /** May carry a query. */
  readonly path: string
  readonly headers?: FieldRecord
  /** With or without its `?`, or by name. */
  readonly query?: string | FieldRecord
}

export interface VersionResolution {
  readonly version: string
  /** What decided: the place where the request asked, chance, or nothing but the configuration. */
  readonly resolvedBy: 'header' | 'uri' | 'query' | 'weight' | 'default'
}

export interface VersionRouterOptions {
  readonly random?: Random
  /**
   * For `uri`: the path before the version's segment, `/api/users` for `/api/users/v2/7`. Without it the first segment that names a
   * version counts.
   */
  readonly prefix?: string
}

/**
 * Chooses the version of a service for a request. A version that is asked for by name wins; an unknown one becomes `defaultVersion`;
 * requests that ask for none, or for one that may not be asked for, are spread by weight, and without weights go to `defaultVersion`.
 *
 * With `uri` a segment that names no version is an ordinary part of the path, so it asks for none.
 */
export class VersionRouter {
  readonly config: VersionRouteConfig
  readonly #header: string
  readonly #queryParam: string
  readonly #prefix: string | undefined
  readonly #weighted: WeightedVersions
  readonly #explicit: ReadonlyMap<string, VersionResolution>
  readonly #default: VersionResolution | undefined

  /** @throws ConfigError that lists every problem of `config`. */
  constructor(config: VersionRouteConfig, options: VersionRouterOptions = {}) {
    this.config = checkVersionRoute(config)
    const { strategy, header, queryParam, defaultVersion, routes } = this.config
    this.#header = (header ?? defaultVersionHeader).toLowerCase()
    this.#queryParam = queryParam ?? defaultVersionParam
    this.#prefix = options.prefix
    this.#weighted = new WeightedVersions(routes, options.random ?? systemRandom)
    this.#explicit = new Map(
      Object.entries(routes).flatMap(([version, { allowExplicit }]) =>
        allowExplicit === false ? [] : [[version, Object.freeze({ version, resolvedBy: strategy })]],
      ),
    )
    this.#default = defaultVersion === undefined ? undefined : Object.freeze({ version: defaultVersion, resolvedBy: 'default' })
  }

  resolve(request: VersionRequest): VersionResolution {
    const [path = '', ownQuery = ''] = request.path.split('?', 2)
    return this.resolveRaw(fieldsOf(request.headers ?? {}).flat(), path, queryText(request.query) ?? ownQuery)
  }

  /** The same for a request as it arrived: a flat list of header names and values, and the query with or without its `?`. */
  resolveRaw(rawHeaders: readonly string[], path: string, query: string): VersionResolution {
    const asked = this.#asked(rawHeaders, path, query)
    if (asked !== undefined && asked !== '') {
      const explicit = this.#explicit.get(asked)
      if (explicit !== undefined) return explicit
      if (!Object.hasOwn(this.config.routes, asked) && this.#default !== undefined) return this.#default
    }
    return this.#weighted.draw() ?? (this.#default as VersionResolution)
  }

  #asked(rawHeaders: readonly string[], path: string, query: string): string | undefined {
    switch (this.config.strategy) {
      case 'header':
        return headerValue(rawHeaders, this.#header)
      case 'query':
        return queryValue(query, this.#queryParam)
      case 'uri':
        return versionInPath(path, this.#prefix, this.config.routes)
    }
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
