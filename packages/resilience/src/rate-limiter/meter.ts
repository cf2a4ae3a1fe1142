/** The count of one key. Moments are those of a clock that does not go back. */
export interface Meter {
  /** Takes `cost`, or nothing. */
  take(cost: number, nowMs: number): boolean
  /** The earliest moment from `nowMs` on at which `cost` can be taken. */
  freeAtMs(cost: number, nowMs: number): number
  remaining(nowMs: number): number
  /** The moment from `nowMs` on at which everything is free again. */
  fullAtMs(nowMs: number): number
  /** Another meter in the same state. */
  copy(): Meter
}

/** The least wait that ends at `untilMs` or later in floating point, where `now + (until - now)` may fall short of `until`. */
export function waitMs(nowMs: number, untilMs: number): number {
  if (untilMs <= nowMs) return 0
  const exactMs = untilMs - nowMs
  return nowMs + exactMs >= untilMs ? exactMs : exactMs + untilMs * Number.EPSILON
}
