/**
 * A number from 0 to 2³² − 1 for a key, the same on every process: FNV-1a over its code units (Fowler, Noll and Vo), begun with `seed` and
 * closed by the finaliser of MurmurHash3 (Austin Appleby), after which every bit depends on every other. Not for secrets: whoever knows the
 * seed finds keys for any number.
 */
export function keyHash(key: string, seed: number): number {
  let hash = offsetBasis ^ seed
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), prime)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const offsetBasis = 0x811c9dc5
const prime = 0x01000193
