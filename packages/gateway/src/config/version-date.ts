const isoDate = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/**
 * Milliseconds since the Unix epoch of a date, or of `2026-01-31` (its first moment in UTC) or `2026-01-31T09:00:00+01:00`; `undefined` for
 * anything else, days that no month has included.
 */
export function dateMs(value: unknown): number | undefined {
  if (value instanceof Date) return numberOrNothing(value.getTime())
  const day = typeof value === 'string' ? isoDate.exec(value)?.[1] : undefined
  if (day === undefined) return undefined
  const midnight = Date.parse(day)
  // Where a month has fewer days, V8 goes on into the next one.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined
  return numberOrNothing(Date.parse(value as string))
}

function numberOrNothing(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms
}
