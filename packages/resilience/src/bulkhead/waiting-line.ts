import { LinkedList, type ListNode } from '@hazeljs/core'

/** Several queues, the more urgent served first. Joining, leaving from anywhere and serving are all O(1). */
export class WaitingLine<W> {
  readonly #lines: readonly LinkedList<W>[]
  #length = 0

  /** `lines` is the number of urgencies; 0 is the most urgent. */
  constructor(lines: number) {
    this.#lines = Array.from({ length: lines }, () => new LinkedList())
  }

  get length(): number {
    return this.#length
  }

  join(waiting: W, line: number): ListNode<W> {
    this.#length++
    return (this.#lines[line] as LinkedList<W>).append(waiting)
  }

  /** Leaving twice does nothing. */
  leave(place: ListNode<W>): void {
    if (this.#lines.some((line) => line.remove(place))) this.#length--
  }

  /** Takes the one who is next. */
  shift(): W | undefined {
    if (this.#length === 0) return undefined
    const place = this.#lines.find(({ length }) => length > 0)?.first
    if (place !== undefined) this.leave(place)
    return place?.value
  }
}
