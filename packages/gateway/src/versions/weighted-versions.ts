import type { Random } from '@hazeljs/core'
import type { VersionTarget } from '../config/version-config.js'
import type { VersionChoice } from './version-choice.js'

interface Share {
  /** Drawn when the number drawn, in per cent, is below this and not below that of the share before. */
  readonly upTo: number
  readonly choice: VersionChoice
}

/** Draws versions by their weights, which sum to 100. */
export class WeightedVersions {
  readonly #shares: readonly Share[]
  readonly #random: Random

  constructor(versions: Readonly<Record<string, VersionTarget>>, choiceOf: (version: string) => VersionChoice, random: Random) {
    const shares: Share[] = []
    let upTo = 0
    for (const [version, { weight = 0 }] of Object.entries(versions)) {
      if (weight === 0) continue
      upTo += weight
      shares.push({ upTo, choice: choiceOf(version) })
    }
    this.#shares = shares
    this.#random = random
  }

  /** `undefined` when no version has a weight. */
  draw(): VersionChoice | undefined {
    if (this.#shares.length === 0) return undefined
    const drawn = this.#random.next() * 100
    // Weights such as three thirds may sum to a little less than 100; what falls beyond belongs to the last.
    const share = this.#shares.find(({ upTo }) => drawn < upTo) ?? this.#shares.at(-1)
    return share?.choice
  }
}
