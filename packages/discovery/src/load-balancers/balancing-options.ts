import type { Duration, OptionsReader } from '@hazeljs/core'
import { readText } from '../text-option.js'

export interface SlowStartOptions {
  /** How long an instance takes from its first call to its full share. At least 1 ms. Default 30 s. */
  readonly window?: Duration
  /** What it starts with, in per cent of its full share. Default 10. */
  readonly minWeight?: number
  /** 1 grows the share evenly, more lets it grow fast at first and slowly at the end. Above 0. Default 1. [Envoy] */
  readonly aggression?: number
}

export interface SubsettingOptions {
  /** How many instances this client uses. At least 1. */
  readonly size: number
  /** Which client this is: the same id chooses the same instances. Default: drawn at random. */
  readonly clientId?: string
}

export interface LeastConnectionsOptions {
  /** `'peak-ewma'`: calls outstanding times the latency seen last, where a rise counts at once and a fall slowly. Default `'off'`. */
  readonly latency?: 'off' | 'peak-ewma'
  /** How long a latency is remembered: after this time it counts a third. At least 1 ms. Default 10 s. */
  readonly decay?: Duration
}

/** For balancers of every strategy, also of users' own. */
export interface BalancingOptions {
  /** Newcomers get their share bit by bit; `true` takes the defaults. Nobody is a newcomer when the first list is told. Default `false`. */
  readonly slowStart?: boolean | SlowStartOptions
  /**
   * Below this per cent of the instances that are UP unejected, ejections are ignored: the calls of many must not fall on a few. 0: never.
   * Default 50.
   */
  readonly panicThreshold?: number
  /** Use only some of the instances, so that a thousand clients do not hold a connection each to a thousand instances. Default: all. */
  readonly subsetting?: SubsettingOptions
  readonly leastConnections?: LeastConnectionsOptions
}

export const defaultSlowStartWindowMs = 30_000
export const defaultMinWeight = 10
export const defaultAggression = 1
export const defaultPanicThreshold = 50
export const defaultLatency = 'off'
export const defaultLatencyDecayMs = 10_000

export interface ResolvedSlowStart {
  readonly windowMs: number
  readonly minWeight: number
  readonly aggression: number
}

export interface ResolvedSubsetting {
  readonly size: number
  readonly clientId: string | undefined
}

export interface ResolvedLeastConnections {
  readonly latency: 'off' | 'peak-ewma'
  readonly decayMs: number
}

export interface ResolvedBalancing {
  readonly slowStart: ResolvedSlowStart | undefined
  readonly panicThreshold: number
  readonly subsetting: ResolvedSubsetting | undefined
  readonly leastConnections: ResolvedLeastConnections
}

export function readBalancing(options: OptionsReader<BalancingOptions>): ResolvedBalancing {
  return {
    slowStart: readSlowStart(options),
    panicThreshold: options.number('panicThreshold', defaultPanicThreshold, { min: 0, max: 100 }),
    subsetting: options.has('subsetting') ? readSubsetting(options.object('subsetting')) : undefined,
    leastConnections: readLeastConnections(options.object('leastConnections')),
  }
}

function readLeastConnections(options: OptionsReader<LeastConnectionsOptions>): ResolvedLeastConnections {
  return {
    latency: options.oneOf('latency', defaultLatency, ['off', 'peak-ewma']),
    decayMs: options.duration('decay', defaultLatencyDecayMs, 1),
  }
}

function readSlowStart(options: OptionsReader<BalancingOptions>): ResolvedSlowStart | undefined {
  const given = options.value('slowStart')
  if (given === undefined || given === false) return undefined
  const slowStart: OptionsReader<SlowStartOptions> = options.object('slowStart', given === true ? {} : given)
  return {
    windowMs: slowStart.duration('window', defaultSlowStartWindowMs, 1),
    minWeight: slowStart.number('minWeight', defaultMinWeight, { min: 0, max: 100 }) / 100,
    aggression: slowStart.number('aggression', defaultAggression, { min: Number.MIN_VALUE }),
  }
}

function readSubsetting(options: OptionsReader<SubsettingOptions>): ResolvedSubsetting {
  return {
    size: options.number(options.required('size'), 1, { min: 1, integer: true }),
    clientId: readText(options, 'clientId'),
  }
}
