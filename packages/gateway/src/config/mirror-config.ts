import type { Duration, ServiceFilter } from '@hazeljs/core'
import type { HeaderEdits } from './header-edits.js'

/** One of two answers, as `diff.compare` sees it: as its instance gave it, before the route's edits. */
export interface ComparedAnswer {
  readonly status: number
  /** Names in lower case; values of a field that comes more than once are joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  /** Whole, and without its content coding. */
  readonly body: Buffer
}

/** What of two answers has to be equal. Bodies and fields are looked at only where the statuses are. */
export interface MirrorDiffConfig {
  /** Default `true`. */
  readonly status?: boolean
  /** Fields whose values have to be equal. Default: `Content-Type`. */
  readonly headers?: readonly string[]
  /**
   * JSON bodies are compared by structure: the order of names says nothing, numbers are compared as parsed, items of a list by position. `true`:
   * others are compared by their bytes; `'json'`: others are not compared. gzip, deflate and br are undone first. Default `true`.
   */
  readonly body?: boolean | 'json'
  /** Paths in JSON bodies that may differ: `$.items[*].updatedAt`, `$.meta.*`, `$..etag` at any depth, `$["a b"]`. Default: none. */
  readonly ignore?: readonly string[]
  /** A longer body, as sent or decoded, is not compared, nor are its answers counted as compared. Default 64 KiB. */
  readonly maxBodyBytes?: number
  /** Keep values that differ, cut to 100 characters, in reports and events. They may be personal data. Default `false`: paths only. */
  readonly values?: boolean
  /**
   * Compares in the place of everything above but `maxBodyBytes`, and says what differs, in words of its own; nothing: the answers are the same.
   * Whatever it throws, or returns that is no list of strings, makes the pair one that was not compared.
   */
  readonly compare?: (primary: ComparedAnswer, mirror: ComparedAnswer) => readonly string[]
}

/** Copies of requests for another service, or for other instances of the same one. */
export interface MirrorConfig {
  /** The service that gets the copies. */
  readonly service: string
  /** Which of its instances. Default: all. */
  readonly filter?: ServiceFilter
  /** Share of the requests that are copied, in per cent. Default 100. */
  readonly percentage?: number
  /**
   * Methods whose requests are copied. Default GET, HEAD and OPTIONS: a copy of any other does what it says a second time, unless the mirror has
   * its own data.
   */
  readonly methods?: readonly string[]
  /** A copy without a complete answer by then is given up, and has failed. Default 10 s. */
  readonly timeout?: Duration
  /** Copies under way at once; beyond it requests are not copied. Default 64. */
  readonly maxInFlight?: number
  /** Requests with a longer body are not copied. Default 64 KiB. */
  readonly maxBodyBytes?: number
  /** Edits to the fields of copies. */
  readonly headers?: HeaderEdits
  /** Send cookies and credentials along. Default `false`: whoever they belong to did not ask for a second call. */
  readonly keepCredentials?: boolean
  /** Hold the answer back until the mirror has settled, 1 s at most from when the request came. Default `false`. */
  readonly waitForResponse?: boolean
  /** Compare the mirror's answers with those that clients get. `true`: with all defaults. Default: they are thrown away. */
  readonly diff?: boolean | MirrorDiffConfig
}

/** A mirror after checking, with its defaults. Frozen. */
export interface ResolvedMirror extends Required<Omit<MirrorConfig, 'filter' | 'timeout' | 'diff'>> {
  readonly filter: ServiceFilter | undefined
  readonly timeoutMs: number
  /** `undefined`: answers are not compared. */
  readonly diff: ResolvedMirrorDiff | undefined
}

export interface ResolvedMirrorDiff extends Required<Omit<MirrorDiffConfig, 'compare'>> {
  readonly compare: MirrorDiffConfig['compare']
}
