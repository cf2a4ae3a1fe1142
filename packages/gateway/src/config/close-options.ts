import { type Duration, type OptionsReader, show, type ShutdownSignal, shutdownSignals } from '@hazeljs/core'

export interface CloseOptions {
  /**
   * How long new connections and requests are still taken, after `isReady` has become `false`: as long as those who
   * ask for it need to send clients elsewhere. Each connection ends with its next answer. Default 0.
   */
  readonly acceptGrace?: Duration
  /** How long requests under way may take to finish after that; then they are cut. Default 20 s. */
  readonly drainTimeout?: Duration
}

export interface ShutdownOptions extends CloseOptions {
  /** Default 5 s: with the default of `drainTimeout`, less than the 30 s that Kubernetes waits before it kills. */
  readonly acceptGrace?: Duration
  /** Default SIGTERM. */
  readonly signals?: readonly ShutdownSignal[]
}

export interface ResolvedClose {
  readonly acceptGraceMs: number
  readonly drainTimeoutMs: number
}

export interface ResolvedShutdown extends ResolvedClose {
  readonly signals: readonly ShutdownSignal[]
}

export const defaultAcceptGraceMs = 0
export const defaultDrainTimeoutMs = 20_000
export const defaultSignalAcceptGraceMs = 5_000
export const defaultSignals: readonly ShutdownSignal[] = ['SIGTERM']

export function readClose(options: OptionsReader<CloseOptions>, defaultGraceMs = defaultAcceptGraceMs): ResolvedClose {
  return {
    acceptGraceMs: options.duration('acceptGrace', defaultGraceMs),
    drainTimeoutMs: options.duration('drainTimeout', defaultDrainTimeoutMs),
  }
}

export function readShutdown(options: OptionsReader<ShutdownOptions>): ResolvedShutdown {
  return { ...readClose(options, defaultSignalAcceptGraceMs), signals: readSignals(options) }
}

function readSignals(options: OptionsReader<ShutdownOptions>): readonly ShutdownSignal[] {
  const signals: unknown = options.value('signals')
  if (signals === undefined) return defaultSignals
  if (Array.isArray(signals) && signals.length > 0 && signals.every((signal) => shutdownSignals.includes(signal as ShutdownSignal)))
    return signals as ShutdownSignal[]
  options.add('signals', `expected a list of ${shutdownSignals.map(show).join(', ')}, got ${show(signals)}`)
  return []
}
