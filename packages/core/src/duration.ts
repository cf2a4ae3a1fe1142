/** Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'5m'`, `'1h'`, `'1d'`. */
export type Duration = number | string

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

/** The longest time a timer of the platform can wait: 2^31 - 1 ms, about 24.8 days. Beyond it `setTimeout` fires at once. */
export const maxTimerMs = 2_147_483_647

/** The duration in milliseconds, or `undefined` when it is none: negative, NaN, infinite, without a known unit, or beyond {@link maxTimerMs}. */
export function durationMs(duration: unknown): number | undefined {
  const ms = typeof duration === 'number' ? duration : typeof duration === 'string' ? parse(duration) : Number.NaN
  return ms >= 0 && ms <= maxTimerMs ? ms : undefined
}

function parse(text: string): number {
  const match = pattern.exec(text.trim())
  if (match === null) return Number.NaN
  return Number(match[1]) * (unitMs[match[2] as string] as number)
}

/** A duration as a reader likes it: `250 ms`, `1.5 s`, `2 min`. */
export function durationText(ms: number): string {
  if (ms >= 60_000) return `${rounded(ms / 60_000)} min`
  return ms >= 1_000 ? `${rounded(ms / 1_000)} s` : `${rounded(ms)} ms`
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
