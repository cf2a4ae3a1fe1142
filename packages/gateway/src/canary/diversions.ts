import type { Clock } from '@hazeljs/core'
import type { Assignment } from './assignment/assignment.js'

/** When the canary could not serve requests of its own, and stable had to. */
export class Diversions {
  readonly #clock: Clock
  #lastAtMs = -Infinity
  #goesOn = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(): void {
    this.#lastAtMs = this.#clock.now()
    this.#goesOn = true
  }

  hadOneIn(ms: number): boolean {
    return this.#clock.now() - this.#lastAtMs < ms
  }

  /**
   * Whether a request of the running epoch, or of none, is no evidence: until the canary serves again, stable's have nothing to be compared
   * with. Neither has the one of the canary's that ends this.
   */
  spoils({ arm }: Assignment): boolean {
    if (!this.#goesOn) return false
    if (arm === 'canary') this.#goesOn = false
    return true
  }
}
