/**
 * A 32-bit hash of the text: FNV-1a over its UTF-16 units, finished by MurmurHash3's mixer. Not for secrets. Signed, as all of them here: half of
 * the unsigned ones would be objects on the heap; `>>> 0` makes one where it is used.
 */
export function hash32(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return mix32(hash)
}

/** MurmurHash3's 32-bit finalizer: each bit of the input moves each bit of the result with a probability near one half. */
export function mix32(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
