import type { ByteBudget } from './byte-budget.js'

/** Chunks of one message that are kept, within a length of their own and a budget that is shared. */
export class KeptBytes {
  readonly #budget: ByteBudget
  readonly #maxBytes: number
  #chunks: Buffer[] | undefined = []
  #size = 0

  constructor(budget: ByteBudget, maxBytes: number) {
    this.#budget = budget
    this.#maxBytes = maxBytes
  }

  /** Keeps a copy of `chunk`, which may be a part of something larger. `false`: it is too much, and everything was let go. */
  add(chunk: Buffer): boolean {
    if (this.#chunks === undefined) return false
    if (this.#size + chunk.length > this.#maxBytes || !this.#budget.take(chunk.length)) {
      this.release()
      return false
    }
    this.#size += chunk.length
    this.#chunks.push(Buffer.from(chunk))
    return true
  }

  /** All of it, or `undefined` once it was let go. It counts as kept until `release`. */
  get whole(): Buffer | undefined {
    if (this.#chunks === undefined) return undefined
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks, this.#size)]
    return this.#chunks[0]
  }

  /** Lets everything go; once is as good as twice. */
  release(): void {
    if (this.#chunks === undefined) return
    this.#chunks = undefined
    this.#budget.give(this.#size)
    this.#size = 0
  }
}
