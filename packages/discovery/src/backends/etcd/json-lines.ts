/** A message that is longer comes from no etcd. */
export const maxMessageBytes = 64 * 1024 * 1024

const newline = 0x0a

/**
 * Cuts a stream of bytes into the JSON messages that it carries, one a line, however the bytes arrive. No byte of a character in UTF-8 but the
 * newline itself is a newline, so lines are cut before they are decoded.
 */
export class JsonLines {
  #rest: Uint8Array[] = []
  #restBytes = 0

  /**
   * The messages that `chunk` completes.
   *
   * @throws {SyntaxError} for a line that is no JSON.
   * @throws {RangeError} for one longer than {@link maxMessageBytes}.
   */
  push(chunk: Uint8Array): unknown[] {
    const messages: unknown[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = this.#take(chunk.subarray(start, end))
      if (line.trim() !== '') messages.push(JSON.parse(line))
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return messages
  }

  #take(end: Uint8Array): string {
    const line = this.#rest.length === 0 ? end : Buffer.concat([...this.#rest, end])
    this.#rest = []
    this.#restBytes = 0
    return Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8')
  }

  #keep(bytes: Uint8Array): void {
    this.#restBytes += bytes.length
    if (this.#restBytes > maxMessageBytes) throw new RangeError(`A message is longer than ${maxMessageBytes} bytes`)
    this.#rest.push(bytes)
  }
}
