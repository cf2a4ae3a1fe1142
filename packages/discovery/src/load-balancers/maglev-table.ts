import { hash32 } from './hash.js'

/** The smallest table: with fewer slots the shares of a few instances differ visibly [Maglev, section 5.3]. A prime. */
export const minTableSize = 65_537
/** With this many slots for each instance their shares differ by about one per cent at most. */
export const slotsPerInstance = 100

const skipSeed = 0x9e3779b9

/**
 * The lookup table of Maglev [Eisenbud et al., NSDI 2016, section 3.4]: each slot holds the index of an id. Every process builds the same
 * table from the same ids in the same order, and when one of n ids goes, little more than its own slots change hands.
 */
export function maglevTable(ids: readonly string[]): Uint32Array {
  const size = nextPrime(Math.max(minTableSize, slotsPerInstance * ids.length))
  const next = Uint32Array.from(ids, (id) => hash32(id) % size)
  const skip = Uint32Array.from(ids, (id) => (hash32(id, skipSeed) % (size - 1)) + 1)
  const table = new Uint32Array(size).fill(free)
  let filled = 0
  while (filled < size) {
    for (let index = 0; index < ids.length && filled < size; index++) {
      let slot = next[index] as number
      const step = skip[index] as number
      while (table[slot] !== free) slot = (slot + step) % size
      table[slot] = index
      next[index] = (slot + step) % size
      filled++
    }
  }
  return table
}

const free = 0xffffffff

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
