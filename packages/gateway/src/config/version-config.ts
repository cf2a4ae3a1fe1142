import type { ServiceFilter } from '@hazeljs/core'

export interface VersionTarget {
  /**
   * Share of the requests that ask for no version, in per cent. The weights of a route sum to 100, one left out beside others being 0;
   * none given: `defaultVersion` takes all.
   */
  readonly weight?: number
  /** Whether a request may ask for this version by name; one that does nevertheless counts as asking for none. Default `true`. */
  readonly allowExplicit?: boolean
  /** Which instances serve it. Default: every instance of the service. */
  readonly filter?: ServiceFilter
}

export interface VersionRouteConfig {
  /**
   * Where a request asks for a version: in a header, in a query parameter, or, with `uri`, in the first segment after the literal
   * start of the route's path (`/api/users/v2/7` for a route `/api/users/**`; the segment is forwarded like any other).
   */
  readonly strategy: 'header' | 'uri' | 'query'
  /** For `header`. Default `X-API-Version`. */
  readonly header?: string
  /** For `query`. Default `version`. */
  readonly queryParam?: string
  /** Serves requests whose version is unknown, and those that ask for none where no weights are given. One of `routes`. */
  readonly defaultVersion?: string
  readonly routes: Readonly<Record<string, VersionTarget>>
}
