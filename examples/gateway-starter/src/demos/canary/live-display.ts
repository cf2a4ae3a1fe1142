/** What is written to: `process.stdout`, or what a test looks at. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly write: (text: string) => unknown
}

const escape = '\u001B['
/** Sequences of the terminal, which take no room on it. */
const sequences = new RegExp(String.raw`(\u001B\[[0-9;]*m)`)

/** Lines that are drawn over those before, below the text that is printed. On anything but a terminal it shows nothing but that text. */
export class LiveDisplay {
  readonly #screen: Screen
  #drawn = 0

  constructor(screen: Screen) {
    this.#screen = screen
  }

  get isLive(): boolean {
    return this.#screen.isTTY === true
  }

  /** Shows the lines in the place of those shown last. */
  draw(lines: readonly string[]): void {
    if (!this.isLive) return
    const columns = this.#screen.columns ?? 80
    this.#screen.write(this.#erase() + lines.map((line) => `${cut(line, columns - 1)}\n`).join(''))
    this.#drawn = lines.length
  }

  /** Writes a line that stays, above what is drawn next. */
  print(text: string): void {
    this.#screen.write(`${this.#erase()}${text}\n`)
    this.#drawn = 0
  }

  /** What is drawn now stays. */
  keep(): void {
    this.#drawn = 0
  }

  #erase(): string {
    return this.#drawn === 0 ? '' : `${escape}${this.#drawn}A${escape}0J`
  }
}

/** A line that wraps would be two, and the next drawing would leave one of them behind. */
function cut(line: string, columns: number): string {
  let room = columns
  return line
    .split(sequences)
    .map((piece) => {
      if (piece.startsWith(escape)) return piece
      const shown = [...piece].slice(0, room)
      room -= shown.length
      return shown.join('')
    })
    .join('')
}
