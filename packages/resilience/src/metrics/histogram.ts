/** Steps in each doubling: the middle of a step is within 1.6 % of all values in it. */
const stepBits = 5
const steps = 2 ** stepBits
/** The smallest value told from 0 is 2^-20 ms, a nanosecond; the largest told apart is 2^32 ms, 49 days. */
const lowestExponent = -20
const highestExponent = 32
const exponentBias = 1_023
const lowestKey = (exponentBias + lowestExponent) << stepBits
/** The slot of 0 comes first. */
const slots = (highestExponent - lowestExponent) * steps + 1
/** Where the sign, the exponent and the first digits of a double lie, as two 32-bit words: on little-endian machines in the second. */
const highWord = /* @__PURE__ */ isLittleEndian() ? 1 : 0

/**
 * Counts of values in steps that grow with the value, after HdrHistogram. Recording is O(1) and allocates nothing, two histograms merge
 * by addition, and a percentile is within 1.6 % of the exact one. The step of a value is read off its floating-point form: the exponent
 * and the first five binary digits.
 */
export class Histogram {
  readonly #counts = new Uint32Array(slots)
  readonly #scratch = new Float64Array(1)
  readonly #words = new Uint32Array(this.#scratch.buffer)

  /** `value` is at least 0. */
  record(value: number): void {
    this.#scratch[0] = value + 0 // -0 becomes 0, whose sign bit is not set
    const key = ((this.#words[highWord] as number) >>> (20 - stepBits)) - lowestKey
    this.#counts[key < 0 ? 0 : key < slots - 1 ? key + 1 : slots - 1]! += 1
  }

  add(other: Histogram): void {
    const counts = this.#counts
    const others = other.#counts
    for (let slot = 0; slot < slots; slot++) counts[slot]! += others[slot] as number
  }

  clear(): void {
    this.#counts.fill(0)
  }

  /** The values at `ranks`, which count from 1 in ascending order: the middle of the step that holds each. */
  valuesAt(ranks: readonly number[]): number[] {
    const values: number[] = []
    let seen = 0
    for (let slot = 0; slot < slots && values.length < ranks.length; slot++) {
      seen += this.#counts[slot] as number
      while (values.length < ranks.length && seen >= (ranks[values.length] as number)) values.push(middleOf(slot))
    }
    return values
  }
}

function middleOf(slot: number): number {
  if (slot === 0) return 0
  const exponent = lowestExponent + ((slot - 1) >> stepBits)
  const step = (slot - 1) % steps
  return 2 ** exponent * (1 + (step + 0.5) / steps)
}

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
}
