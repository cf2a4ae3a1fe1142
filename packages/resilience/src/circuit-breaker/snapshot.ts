import { type OptionsReader, resolveOptions } from '@hazeljs/core'
import { CircuitState, type ManualState } from './circuit-state.js'

/** An open circuit, in times that mean the same in another process. */
export interface OpenSnapshot {
  readonly state: typeof CircuitState.OPEN
  /** When a call may pass, since the Unix epoch. */
  readonly openUntil: number
  /** How long this opening lasts. */
  readonly openMs: number
  /** Openings in a row, from 1: how far the backoff has come. */
  readonly openings: number
}

/**
 * What is worth keeping of a breaker when its process ends: how long the target is to be left alone, and what was set by hand.
 *
 * Outcomes are not kept. A circuit that was closed had too few failures to matter, they age while no process looks, and the last calls of
 * a count window are as many numbers as it has places. HALF_OPEN is kept as an OPEN whose time is over, since its calls are lost.
 */
export type CircuitBreakerSnapshot = OpenSnapshot | { readonly state: typeof CircuitState.CLOSED | ManualState }

const states = [CircuitState.CLOSED, CircuitState.OPEN, CircuitState.FORCED_OPEN, CircuitState.DISABLED, CircuitState.METRICS_ONLY] as const

/** All that a stored one may hold. */
type StoredSnapshot = Omit<OpenSnapshot, 'state'> & { readonly state: (typeof states)[number] }

/** @throws ConfigError listing everything that is wrong with what may have been stored by others. */
export function checkedSnapshot(given: CircuitBreakerSnapshot): CircuitBreakerSnapshot {
  return resolveOptions('The snapshot of a circuit breaker', readSnapshot, given as StoredSnapshot)
}

function readSnapshot(snapshot: OptionsReader<StoredSnapshot>): CircuitBreakerSnapshot {
  const state = snapshot.oneOf('state', CircuitState.CLOSED, states)
  if (!snapshot.has('state')) snapshot.add('state', `expected one of ${states.join(', ')}`)
  if (state !== CircuitState.OPEN) return { state }
  const number = (name: 'openUntil' | 'openMs' | 'openings', min: number) =>
    snapshot.number(snapshot.required(name), min, { min, max: Number.MAX_SAFE_INTEGER, integer: name === 'openings' })
  return { state, openUntil: number('openUntil', 0), openMs: number('openMs', 0), openings: number('openings', 1) }
}
