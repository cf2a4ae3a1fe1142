/** A line that is longer comes from no registry. */
export const maxLineBytes = 64 * 1024 * 1024

const newline = 0x0a

/**
 * Cuts a stream of bytes into its lines, however the bytes arrive. No byte of a character in UTF-8 but the newline itself is a newline, so lines
 * are cut before they are decoded.
 */
export class LineSplitter {
  #rest: Uint8Array[] = []
  #restBytes = 0

  /**
   * The lines that `chunk` completes. Empty ones are left out.
   *
   * @throws {RangeError} for one longer than {@link maxLineBytes}.
   */
  push(chunk: Uint8Array): readonly string[] {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = this.#take(chunk.subarray(start, end))
      if (line.trim() !== '') lines.push(line)
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return lines
  }

  #take(end: Uint8Array): string {
    const line = this.#rest.length === 0 ? end : Buffer.concat([...this.#rest, end])
    this.#rest = []
    this.#restBytes = 0
    return Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8')
  }

  #keep(bytes: Uint8Array): void {
    this.#restBytes += bytes.length
    if (this.#restBytes > maxLineBytes) throw new RangeError(`A line is longer than ${maxLineBytes} bytes`)
    this.#rest.push(bytes)
  }
}
