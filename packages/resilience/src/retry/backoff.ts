import type { Random } from '@hazeljs/core'
import type { ResolvedRetryOptions } from './options.js'

type BackoffOptions = Pick<ResolvedRetryOptions, 'backoff' | 'baseDelayMs' | 'maxDelayMs' | 'jitter'>

/** The pause before retry number `retry` (from 1), never above the maximum. `previousMs` is the pause before the last retry. */
export function backoffMs(options: BackoffOptions, retry: number, previousMs: number | undefined, random: Random): number {
  const { baseDelayMs, maxDelayMs, jitter } = options
  switch (jitter) {
    case 'none':
      return plainMs(options, retry)
    case 'full':
      return random.next() * plainMs(options, retry)
    case 'equal':
      return (0.5 + random.next() / 2) * plainMs(options, retry)
    case 'decorrelated': {
      const highestMs = Math.max(baseDelayMs, (previousMs ?? baseDelayMs) * 3)
      return Math.min(maxDelayMs, baseDelayMs + random.next() * (highestMs - baseDelayMs))
    }
  }
}

/** The least that the pauses before all retries take together. */
export function leastPausesMs(options: BackoffOptions & Pick<ResolvedRetryOptions, 'maxAttempts'>): number {
  const { maxAttempts, baseDelayMs, jitter } = options
  if (jitter === 'full') return 0
  let sumMs = 0
  for (let retry = 1; retry <= maxAttempts; retry++) sumMs += jitter === 'decorrelated' ? baseDelayMs : plainMs(options, retry)
  return jitter === 'equal' ? sumMs / 2 : sumMs
}

function plainMs({ backoff, baseDelayMs, maxDelayMs }: BackoffOptions, retry: number): number {
  if (baseDelayMs === 0) return 0 // and not 0 × Infinity, after a thousand doublings
  switch (backoff) {
    case 'fixed':
      return baseDelayMs
    case 'linear':
      return Math.min(maxDelayMs, baseDelayMs * retry)
    case 'exponential':
      return Math.min(maxDelayMs, baseDelayMs * 2 ** (retry - 1))
  }
}
