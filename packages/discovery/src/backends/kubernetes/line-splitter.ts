/** Cuts a text that arrives in pieces into its lines. Empty ones are left out. */
export class LineSplitter {
  #rest: string[] = []

  /** The lines that the piece completes. */
  push(piece: string): readonly string[] {
    const lines = piece.split('\n')
    const last = lines.pop() ?? ''
    if (lines.length > 0) {
      lines[0] = this.#rest.join('') + (lines[0] ?? '')
      this.#rest = []
    }
    this.#rest.push(last)
    return lines.filter((line) => line.trim() !== '')
  }
}
