import { hash32 } from '@hazeljs/core'

/** The smallest table: with fewer slots the shares of a few instances differ visibly [Maglev, section 5.3]. A prime. */
export const minTableSize = 65_537
/** With this many slots for each instance, or more, their shares differ by about one per cent at most. */
export const slotsPerInstance = 100
/** Tables grow in steps, for in one of another size all keys are elsewhere: that happens at 655, 2,621 and 10,486 instances, and so on. */
export const sizeStep = 4

const skipSeed = 0x9e3779b9

/** Each slot holds the index of an id. */
export type MaglevTable = Uint16Array | Uint32Array

/**
 * Builds the lookup table of Maglev [Eisenbud et al., NSDI 2016, section 3.4], bit by bit: with ten thousand ids it takes longer than an event
 * loop should stand still. Every process builds the same table from the same ids in the same order, and when one of n ids goes, little
 * more than its own slots change hands.
 */
export class MaglevBuild {
  readonly ids: readonly string[]
  readonly table: MaglevTable
  readonly #free: number
  readonly #next: Uint32Array
  readonly #skip: Uint32Array
  #filled = 0
  #turn = 0

  constructor(ids: readonly string[]) {
    const size = ids.length === 0 ? 0 : tableSize(ids.length)
    this.ids = ids
    this.#free = ids.length < 0xffff ? 0xffff : 0xffffffff
    this.table = (ids.length < 0xffff ? new Uint16Array(size) : new Uint32Array(size)).fill(this.#free)
    this.#next = new Uint32Array(ids.length)
    this.#skip = new Uint32Array(ids.length)
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] as string
      this.#next[index] = (hash32(id) >>> 0) % size
      this.#skip[index] = ((hash32(id, skipSeed) >>> 0) % (size - 1)) + 1
    }
  }

  /** Looks at `looks` slots, or a few more; `true` when the table is complete. */
  advance(looks: number): boolean {
    const table = this.table
    const size = table.length
    const free = this.#free
    const next = this.#next
    const skip = this.#skip
    let turn = this.#turn
    let filled = this.#filled
    let left = looks
    while (filled < size && left > 0) {
      const step = skip[turn] as number
      let slot = next[turn] as number
      while (table[slot] !== free) {
        slot += step
        if (slot >= size) slot -= size
        left--
      }
      table[slot] = turn
      slot += step
      next[turn] = slot >= size ? slot - size : slot
      turn = turn + 1 === next.length ? 0 : turn + 1
      filled++
      left--
    }
    this.#turn = turn
    this.#filled = filled
    return filled === size
  }
}

/** The prime number of slots of a table of so many ids. */
export function tableSize(ids: number): number {
  let size = minTableSize
  while (size < slotsPerInstance * ids) size = nextPrime(sizeStep * size)
  return size
}

export function maglevTable(ids: readonly string[]): MaglevTable {
  const build = new MaglevBuild(ids)
  build.advance(Infinity)
  return build.table
}

/** The smallest prime that is not below `from`. */
export function nextPrime(from: number): number {
  let candidate = from
  while (!isPrime(candidate)) candidate++
  return candidate
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false
  return candidate > 1
}
