import { type Readable, Transform, type TransformCallback } from 'node:stream'

/**
 * Passes a body on up to `maxBytes`. With the first byte more it calls `onExceeded` and stands still: it never ends, and reads no further.
 * It touches the body when somebody reads from it, and not before: whoever waits for 100 Continue must not be told so by this.
 */
export class BodyLimit extends Transform {
  readonly #body: Readable
  readonly #maxBytes: number
  readonly #onExceeded: () => void
  #size = 0
  #begun = false

  constructor(body: Readable, maxBytes: number, onExceeded: () => void) {
    super()
    this.#body = body
    this.#maxBytes = maxBytes
    this.#onExceeded = onExceeded
  }

  override _read(size: number): void {
    if (!this.#begun) {
      this.#begun = true
      this.#body.pipe(this)
    }
    super._read(size)
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) this.#onExceeded()
    else done(null, chunk)
  }
}
