/** What decided: the place where the request asked, its fit, chance, or nothing but the configuration. */
export type ResolvedBy = 'header' | 'uri' | 'query' | 'media-type' | 'match' | 'weight' | 'default'

/** A version for a cause, and how many requests went there for it. Each pair is made once. */
export class VersionChoice {
  readonly version: string
  readonly resolvedBy: ResolvedBy
  /** For the answers. */
  readonly fields: readonly string[]
  requests = 0
  /** Milliseconds since the Unix epoch; says something once `requests` does. */
  lastRequestAt = 0

  constructor(version: string, resolvedBy: ResolvedBy, fields: readonly string[]) {
    this.version = version
    this.resolvedBy = resolvedBy
    this.fields = fields
  }

  /** Whether the request wanted this very version, which then no canary may replace. */
  get isAsked(): boolean {
    return this.resolvedBy !== 'weight' && this.resolvedBy !== 'default'
  }
}
