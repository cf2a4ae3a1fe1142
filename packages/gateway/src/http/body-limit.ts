import { Transform, type TransformCallback } from 'node:stream'

/** Passes a body on up to `maxBytes`. With the first byte more it calls `onExceeded` and stands still: it never ends, and reads no further. */
export class BodyLimit extends Transform {
  readonly #maxBytes: number
  readonly #onExceeded: () => void
  #size = 0

  constructor(maxBytes: number, onExceeded: () => void) {
    super()
    this.#maxBytes = maxBytes
    this.#onExceeded = onExceeded
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) this.#onExceeded()
    else done(null, chunk)
  }
}
