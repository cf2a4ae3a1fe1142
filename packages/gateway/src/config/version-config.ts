import type { ServiceFilter } from '@hazeljs/core'

/** What the value of a header or cookie has to be: this text, any at all (`true`), one with this start, or one that the expression matches whole. */
export type ValueMatch = string | true | { readonly prefix: string } | { readonly regex: string }

/** Conditions that hold all together. */
export interface VersionMatch {
  /** By name, which has no case. Of a header that comes several times, the first counts. */
  readonly header?: Readonly<Record<string, ValueMatch>>
  /** By name, which has case. */
  readonly cookie?: Readonly<Record<string, ValueMatch>>
}

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
  /**
   * Requests that ask for no version and fit go here, before weights: the B of an A/B test. Of several versions that fit, the first in
   * `routes` takes the request. Default: none.
   */
  readonly match?: VersionMatch
  /**
   * Since when, or from when on, nobody should begin to use it, as `2026-01-31` or with a time and its zone. Each of its answers says so in
   * `Deprecation` (RFC 9745), whatever the service says there. Default: it is not deprecated.
   */
  readonly deprecated?: Date | string
  /** When it is likely to end: `Sunset` (RFC 8594) of each of its answers. Nothing ends by itself. Default: no end is known. */
  readonly sunset?: Date | string
  /** A page about the deprecation or the end: `Link` of each of its answers, beside those of the service. */
  readonly link?: string
}

/** The versions of a route: how a request asks for one, and what becomes of those that ask for none. */
export interface VersionRouteConfig {
  /**
   * Where a request asks for a version: in a header; in a query parameter; with `uri`, in the first segment after the literal start of the
   * route's path (`/api/users/v2/7` for a route `/api/users/**`); with `media-type`, in `Accept` (`application/json; version=2`,
   * `application/vnd.shop.v2+json`), or, of requests other than GET and HEAD that say nothing there, in `Content-Type`.
   */
  readonly strategy: 'header' | 'uri' | 'query' | 'media-type'
  /** For `header`. Default `X-API-Version`. */
  readonly header?: string
  /** For `query`. Default `version`. */
  readonly queryParam?: string
  /** For `media-type`: the parameter's name. Default `version`. */
  readonly mediaTypeParam?: string
  /**
   * For `uri`: take the segment off before the request is forwarded, and before `stripPrefix`, so the service gets `/api/users/7`. Routes are
   * matched before: `/api/users/v2/admin` is not matched by a route `/api/users/admin`, and the service sees that path. Default `false`.
   */
  readonly stripVersion?: boolean
  /** Serves requests whose version is unknown, and those that ask for none where no weights are given. One of `routes`. */
  readonly defaultVersion?: string
  /**
   * What becomes of a request for a version that is none of `routes`: `defaultVersion` serves it, or without one the weights decide; or it is
   * refused with 400 `VERSION_UNKNOWN`. In a path, where any segment may stand, only one such as `v9` or `v1.2` counts as a version that is
   * unknown. Default `default`.
   */
  readonly onUnknownVersion?: 'default' | 'reject'
  readonly routes: Readonly<Record<string, VersionTarget>>
}
