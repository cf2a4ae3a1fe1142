export interface MirrorConfig {
  /** The service that gets the copies. */
  readonly service: string
  /** Share of the requests that are copied, in per cent. Default 100. */
  readonly percentage?: number
  /** Hold the answer back until the mirror has settled, 1 s at most. Default `false`. */
  readonly waitForResponse?: boolean
}
