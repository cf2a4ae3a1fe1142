import type { OutcomeWindow } from './window.js'

const failedBit = 1
const slowBit = 2

/** The last `size` outcomes: a ring of bytes, whose totals lose what the newest outcome overwrites. */
export class CountWindow implements OutcomeWindow {
  readonly #ring: Uint8Array
  #next = 0
  #calls = 0
  #failures = 0
  #slowCalls = 0

  constructor(size: number) {
    this.#ring = new Uint8Array(size)
  }

  get calls(): number {
    return this.#calls
  }

  get failures(): number {
    return this.#failures
  }

  get slowCalls(): number {
    return this.#slowCalls
  }

  record(failed: boolean, slow: boolean): void {
    const ring = this.#ring
    const next = this.#next
    if (this.#calls === ring.length) {
      const oldest = ring[next] as number
      this.#failures -= oldest & failedBit
      this.#slowCalls -= oldest >> 1
    } else this.#calls++
    ring[next] = (failed ? failedBit : 0) | (slow ? slowBit : 0)
    if (failed) this.#failures++
    if (slow) this.#slowCalls++
    this.#next = next + 1 === ring.length ? 0 : next + 1
  }

  advance(): void {
    // outcomes leave only when newer ones come
  }

  clear(): void {
    this.#next = 0
    this.#calls = 0
    this.#failures = 0
    this.#slowCalls = 0
  }
}
