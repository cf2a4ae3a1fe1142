/** What decided: the place where the request asked, its fit, chance, or nothing but the configuration. */
export type ResolvedBy = 'header' | 'uri' | 'query' | 'media-type' | 'match' | 'weight' | 'default'

/** A version for a cause, and how many requests went there for it. Each pair is made once. */
export class VersionChoice {
  readonly version: string
  readonly resolvedBy: ResolvedBy
  /** Whether the request wanted this very version, which then no canary may replace. */
  readonly isAsked: boolean
  /** For its answers: name, value, … */
  readonly fields: readonly string[]
  requests = 0
  /** By the clock's `now()`; says something once `requests` does. */
  lastAtMs = 0

  constructor(version: string, resolvedBy: ResolvedBy, fields: readonly string[]) {
    this.version = version
    this.resolvedBy = resolvedBy
    this.isAsked = resolvedBy !== 'weight' && resolvedBy !== 'default'
    this.fields = fields
  }
}
