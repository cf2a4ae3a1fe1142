import { type Duration, type OptionsReader, show } from '@hazeljs/core'

/** How a client checks the instances of a service itself, whatever their registry says of them. */
export interface CallerCheckOptions {
  /**
   * A GET of it has to be answered with a 2xx status. Default: the instance's own `healthCheckPath`; where there is neither, and for instances
   * that speak gRPC, a connection has to come about.
   */
  readonly path?: string
  /** Between the checks of an instance, ±20 %. At least 10 ms. Default 10 s. */
  readonly interval?: Duration
  /** A check that takes longer is a bad one. Default 2 s. */
  readonly timeout?: Duration
  /** Good checks in a row that bring an instance back which was found ill. Default 2; the first check of an instance decides alone. */
  readonly healthyThreshold?: number
  /** Bad checks in a row that take an instance out which was well. Default 3. */
  readonly unhealthyThreshold?: number
}

export const defaultCallerCheckIntervalMs = 10_000
export const minCallerCheckIntervalMs = 10
export const defaultCallerCheckTimeoutMs = 2_000
export const defaultCallerHealthyThreshold = 2
export const defaultCallerUnhealthyThreshold = 3

export interface ResolvedCallerChecks {
  readonly path: string | undefined
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly healthyThreshold: number
  readonly unhealthyThreshold: number
}

interface WithChecks {
  readonly healthCheck?: boolean | CallerCheckOptions
}

/** `undefined` for `false`, and where nothing is given: no checks. */
export function readCallerChecks(options: OptionsReader<WithChecks>): ResolvedCallerChecks | undefined {
  const given = options.value('healthCheck')
  if (given === undefined || given === false) return undefined
  const checks = options.object('healthCheck', given === true ? {} : given)
  return {
    path: readPath(checks),
    intervalMs: checks.duration('interval', defaultCallerCheckIntervalMs, minCallerCheckIntervalMs),
    timeoutMs: checks.duration('timeout', defaultCallerCheckTimeoutMs, 1),
    healthyThreshold: checks.number('healthyThreshold', defaultCallerHealthyThreshold, { min: 1, integer: true }),
    unhealthyThreshold: checks.number('unhealthyThreshold', defaultCallerUnhealthyThreshold, { min: 1, integer: true }),
  }
}

function readPath(options: OptionsReader<CallerCheckOptions>): string | undefined {
  const path: unknown = options.value('path')
  if (path === undefined || (typeof path === 'string' && path.startsWith('/'))) return path
  options.add('path', `expected a path that starts with /, got ${show(path)}`)
  return undefined
}
