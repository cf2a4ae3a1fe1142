/** Keys are told apart by as many buckets. */
export const stickyBuckets = 10_000

/**
 * Which keys show something that they did not show before: neither in the running interval nor in the one before it.
 *
 * What a comparison counts has to be draws that are independent of each other. The errors of one user are not: whose data no version can read
 * fails for as long as the rollout lasts, and always in the same arm. So such a user counts once; and whoever had a while without an error counts
 * again, lest a rollout goes blind with time.
 */
export class FreshKeys {
  readonly #intervalMs: number
  #running = new Uint8Array(stickyBuckets / 8)
  #before = new Uint8Array(stickyBuckets / 8)
  #sinceMs: number

  constructor(intervalMs: number, nowMs: number) {
    this.#intervalMs = intervalMs
    this.#sinceMs = nowMs
  }

  /** Takes note of a key. `true`: it counts. */
  take(bucket: number, nowMs: number): boolean {
    this.#moveOn(nowMs)
    const at = bucket >> 3
    const bit = 1 << (bucket & 7)
    const seen = this.#running[at] as number
    this.#running[at] = seen | bit
    return ((seen | (this.#before[at] as number)) & bit) === 0
  }

  #moveOn(nowMs: number): void {
    const intervals = Math.floor((nowMs - this.#sinceMs) / this.#intervalMs)
    if (intervals === 0) return
    const oldest = this.#before
    this.#before = this.#running
    this.#running = oldest.fill(0)
    if (intervals > 1) this.#before.fill(0)
    this.#sinceMs += intervals * this.#intervalMs
  }
}
