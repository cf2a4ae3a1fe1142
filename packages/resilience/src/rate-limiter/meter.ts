/** The count of one key. */
export interface Meter {
  /** Takes `cost`, or nothing. */
  take(cost: number, nowMs: number): boolean
  /** The earliest moment at which `cost` can be taken; not after `nowMs`: now. */
  freeAtMs(cost: number, nowMs: number): number
  remaining(nowMs: number): number
  /** The moment at which everything is free again. */
  fullAtMs(nowMs: number): number
}
