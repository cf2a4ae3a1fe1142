import type { Random } from '../random.js'

/** Replays a script of numbers in [0, 1), and fails loudly when more are drawn than were written. */
export class ScriptedRandom implements Random {
  readonly #script: readonly number[]
  #drawn = 0

  constructor(...script: readonly number[]) {
    this.#script = script
  }

  next(): number {
    const value = this.#script[this.#drawn++]
    if (value === undefined) throw new Error(`The script of ${this.#script.length} random numbers is used up`)
    return value
  }

  /** How many numbers were drawn: compare it with the script's length to prove that all were. */
  get drawn(): number {
    return this.#drawn
  }
}
