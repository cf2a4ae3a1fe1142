/** What the copies of one route may keep in memory together: bodies of requests until their copies have settled, and answers that are compared. */
export const mirrorBytes = 16_777_216

/** Counts bytes that are kept, and refuses more than there may be. */
export class ByteBudget {
  readonly #max: number
  #kept = 0

  constructor(max: number) {
    this.#max = max
  }

  get kept(): number {
    return this.#kept
  }

  /** `false`: there is no room, and nothing was taken. */
  take(bytes: number): boolean {
    if (this.#kept + bytes > this.#max) return false
    this.#kept += bytes
    return true
  }

  give(bytes: number): void {
    this.#kept -= bytes
  }
}
