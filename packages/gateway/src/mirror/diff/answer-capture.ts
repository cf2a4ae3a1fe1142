import type { ByteBudget } from '../byte-budget.js'
import { KeptBytes } from '../kept-bytes.js'

/** An answer as its instance gave it. */
export interface CapturedAnswer {
  readonly status: number
  /** Name, value, … */
  readonly headers: readonly string[]
  /** `undefined`: it was longer than what is compared. */
  readonly body: Buffer | undefined
}

/** One side of a comparison while it arrives. */
export class AnswerCapture {
  readonly #budget: ByteBudget
  readonly #maxBytes: number
  #status = 0
  #headers: readonly string[] = []
  #body: KeptBytes | undefined
  #tooLarge = false
  #complete = false
  #closed = false

  /** `maxBytes` 0: no body is wanted. */
  constructor(budget: ByteBudget, maxBytes: number) {
    this.#budget = budget
    this.#maxBytes = maxBytes
  }

  /** A further head is that of another attempt, and takes the place of what came before. */
  begin({ status, headers }: { readonly status: number; readonly headers: readonly string[] }): void {
    if (this.#closed) return
    this.#body?.release()
    this.#status = status
    this.#headers = headers
    this.#tooLarge = false
    this.#body = this.#maxBytes === 0 ? undefined : new KeptBytes(this.#budget, this.#maxBytes)
  }

  add(chunk: Buffer): void {
    if (this.#body?.add(chunk) === false) {
      this.#body = undefined
      this.#tooLarge = true
    }
  }

  end(): void {
    this.#complete = this.#status !== 0
  }

  /** Whether more of the body would be kept. */
  get wantsMore(): boolean {
    return this.#body !== undefined
  }

  /** `undefined`: it did not come to its end. */
  get answer(): CapturedAnswer | undefined {
    if (!this.#complete) return undefined
    return { status: this.#status, headers: this.#headers, body: this.#tooLarge ? undefined : (this.#body?.whole ?? noBody) }
  }

  /** Lets everything go, and takes nothing more. */
  release(): void {
    this.#closed = true
    this.#body?.release()
    this.#body = undefined
  }
}

const noBody = Buffer.alloc(0)
