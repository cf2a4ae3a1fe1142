import { mix32, type Random } from '@hazeljs/core'

const range = 0x1_0000_0000
/** An odd number near 2^32 / φ: its multiples visit all of 32 bits before one comes again [Weyl sequence, as in SplitMix]. */
const stride = 0x9e3779b9

/** Draws for each pick, seeded by a {@link Random} at the first of them: each of its own numbers would be an object on the heap. */
export class Dice {
  readonly #random: Random
  #state: number | undefined

  constructor(random: Random) {
    this.#random = random
  }

  /** A whole number from 0 to below `sides`. */
  below(sides: number): number {
    const state = ((this.#state ?? this.#seed()) + stride) | 0
    this.#state = state
    return Math.floor(((mix32(state) >>> 0) / range) * sides)
  }

  /** `true` with this probability. */
  chance(probability: number): boolean {
    return this.below(range) < probability * range
  }

  #seed(): number {
    return Math.floor(this.#random.next() * range) | 0
  }
}
