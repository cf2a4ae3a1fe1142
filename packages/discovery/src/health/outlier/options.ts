import type { Duration, OptionsReader } from '@hazeljs/core'

export interface OutlierOptions {
  /** Failures in a row that eject an instance at once. Default 5; `false` or 0 turns the rule off. */
  readonly consecutiveFailures?: number | false
  /**
   * The share of failures in an interval, in per cent, that ejects an instance at its end. Default 85; `false` or 0 turns the rule off. It
   * judges only instances with `minRequests`, and none unless there are `minHosts` of those.
   */
  readonly failurePercentage?: number | false
  /** Default 50. */
  readonly minRequests?: number
  /** Default 3. */
  readonly minHosts?: number
  /** At least 100 ms. Default 10 s. */
  readonly interval?: Duration
  /** How long the first ejection lasts; the n-th one lasts n times as long. An interval without any takes one off n. Default 30 s. */
  readonly baseEjection?: Duration
  /** No ejection lasts longer, but for the jitter of at most 10 %. Default 300 s, or `baseEjection` where that is longer. */
  readonly maxEjection?: Duration
  /**
   * The share of the instances that are UP that may be ejected at a time, in per cent, rounded down. Of two or more one may be ejected even
   * where the share is less than one; the last one never is. Default 30; 0 ejects none.
   */
  readonly maxEjectedPercent?: number
  /**
   * Checks ejected instances that have a `healthCheckPath` over HTTP, and readmits those that answer well. Only for services whose check
   * says whether calls succeed. Default `false`.
   */
  readonly probe?: boolean | ProbeOptions
}

export interface ProbeOptions {
  /** From the ejection to the first check, and from then on between checks, ±20 %. At least 10 ms. Default 5 s. */
  readonly interval?: Duration
  /** A check that takes longer is a bad one. At least 1 ms. Default 2 s. */
  readonly timeout?: Duration
}

export const defaultConsecutiveFailures = 5
export const defaultFailurePercentage = 85
export const defaultMinRequests = 50
export const defaultMinHosts = 3
export const defaultOutlierIntervalMs = 10_000
export const minOutlierIntervalMs = 100
export const defaultBaseEjectionMs = 30_000
export const defaultMaxEjectionMs = 300_000
export const defaultMaxEjectedPercent = 30
export const defaultProbeIntervalMs = 5_000
export const minProbeIntervalMs = 10
export const defaultProbeTimeoutMs = 2_000

export interface ResolvedOutlierOptions {
  /** `Infinity` when the rule is off. */
  readonly consecutiveFailures: number
  /** `Infinity` when the rule is off. */
  readonly failurePercentage: number
  readonly minRequests: number
  readonly minHosts: number
  readonly intervalMs: number
  readonly baseEjectionMs: number
  readonly maxEjectionMs: number
  readonly maxEjectedPercent: number
  /** `undefined` when ejected instances are not checked. */
  readonly probe: ResolvedProbeOptions | undefined
}

export interface ResolvedProbeOptions {
  readonly intervalMs: number
  readonly timeoutMs: number
}

export function readOutlierOptions(options: OptionsReader<OutlierOptions>): ResolvedOutlierOptions {
  const baseEjectionMs = options.duration('baseEjection', defaultBaseEjectionMs, 1)
  return {
    consecutiveFailures: readRule(options, 'consecutiveFailures', defaultConsecutiveFailures, { min: 1, integer: true }),
    failurePercentage: readRule(options, 'failurePercentage', defaultFailurePercentage, { min: 0, max: 100 }),
    minRequests: options.number('minRequests', defaultMinRequests, { min: 1, integer: true }),
    minHosts: options.number('minHosts', defaultMinHosts, { min: 1, integer: true }),
    intervalMs: options.duration('interval', defaultOutlierIntervalMs, minOutlierIntervalMs),
    baseEjectionMs,
    maxEjectionMs: readMaxEjection(options, baseEjectionMs),
    maxEjectedPercent: options.number('maxEjectedPercent', defaultMaxEjectedPercent, { min: 0, max: 100 }),
    probe: readProbe(options),
  }
}

type Rule = 'consecutiveFailures' | 'failurePercentage'

function readRule(
  options: OptionsReader<OutlierOptions>,
  name: Rule,
  fallback: number,
  range: { readonly min: number; readonly max?: number; readonly integer?: boolean },
): number {
  const value = options.value(name)
  return value === false || value === 0 ? Infinity : options.number(name, fallback, range)
}

function readMaxEjection(options: OptionsReader<OutlierOptions>, baseEjectionMs: number): number {
  const maxEjectionMs = options.duration('maxEjection', Math.max(defaultMaxEjectionMs, baseEjectionMs), 1)
  if (maxEjectionMs < baseEjectionMs) options.add('maxEjection', `is shorter than baseEjection, which is ${baseEjectionMs} ms`)
  return maxEjectionMs
}

function readProbe(options: OptionsReader<OutlierOptions>): ResolvedProbeOptions | undefined {
  const given = options.value('probe')
  if (given === undefined || given === false) return undefined
  const probe = options.object('probe', given === true ? {} : given)
  return {
    intervalMs: probe.duration('interval', defaultProbeIntervalMs, minProbeIntervalMs),
    timeoutMs: probe.duration('timeout', defaultProbeTimeoutMs, 1),
  }
}
