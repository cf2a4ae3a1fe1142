import type { Readable } from 'node:stream'
import type { KeptBytes } from './kept-bytes.js'

/**
 * Keeps what somebody else reads of a body. It begins when the reader does, takes each chunk after the reader, and never slows it down.
 */
export class BodyTee {
  readonly #body: Readable
  readonly #kept: KeptBytes
  readonly #onOver: (outcome: 'whole' | 'too-large' | 'broken') => void
  #over = false

  /** `onOver` is called once, unless `stop` comes first. `broken`: the end came, but not everything before it. */
  constructor(body: Readable, kept: KeptBytes, onOver: (outcome: 'whole' | 'too-large' | 'broken') => void) {
    this.#body = body
    this.#kept = kept
    this.#onOver = onOver
    // A listener for data would start the stream; `resume` comes before the first chunk.
    body.once('resume', this.#begin).once('end', this.#onEnd)
  }

  /** Leaves the body alone from now on. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#body.off('resume', this.#begin).off('data', this.#onData).off('end', this.#onEnd)
  }

  readonly #begin = (): void => {
    this.#body.on('data', this.#onData)
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.#kept.add(chunk)) this.#end('too-large')
  }

  readonly #onEnd = (): void => {
    // Node's server takes all listeners for data away when it reads what nobody wanted.
    this.#end(this.#body.listeners('data').includes(this.#onData) ? 'whole' : 'broken')
  }

  #end(outcome: 'whole' | 'too-large' | 'broken'): void {
    this.stop()
    this.#onOver(outcome)
  }
}
