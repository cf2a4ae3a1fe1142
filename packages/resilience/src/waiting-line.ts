/** One who waits in a {@link WaitingLine}, to leave with. */
export interface PlaceInLine<W> {
  readonly waiting: W
  /** Of several lines, the one it joined. */
  readonly line: number
  previous: PlaceInLine<W> | undefined
  next: PlaceInLine<W> | undefined
  left: boolean
}

/** Several queues, the more urgent served first: linked lists, so that joining, leaving from anywhere and serving are all O(1). */
export class WaitingLine<W> implements Iterable<W> {
  readonly #first: (PlaceInLine<W> | undefined)[]
  readonly #last: (PlaceInLine<W> | undefined)[]
  #length = 0

  /** `lines` is the number of urgencies; 0 is the most urgent. */
  constructor(lines: number) {
    this.#first = new Array<undefined>(lines).fill(undefined)
    this.#last = new Array<undefined>(lines).fill(undefined)
  }

  get length(): number {
    return this.#length
  }

  /** Who is next. */
  get first(): W | undefined {
    return this.#next()?.waiting
  }

  join(waiting: W, line: number): PlaceInLine<W> {
    const previous = this.#last[line]
    const place: PlaceInLine<W> = { waiting, line, previous, next: undefined, left: false }
    if (previous === undefined) this.#first[line] = place
    else previous.next = place
    this.#last[line] = place
    this.#length++
    return place
  }

  /** Leaving twice does nothing. */
  leave(place: PlaceInLine<W>): void {
    if (place.left) return
    place.left = true
    if (place.previous === undefined) this.#first[place.line] = place.next
    else place.previous.next = place.next
    if (place.next === undefined) this.#last[place.line] = place.previous
    else place.next.previous = place.previous
    this.#length--
  }

  /** Takes the one who is next. */
  shift(): W | undefined {
    const place = this.#next()
    if (place !== undefined) this.leave(place)
    return place?.waiting
  }

  /** In the order in which they are served, if nobody else comes. */
  *[Symbol.iterator](): Iterator<W> {
    for (const first of this.#first) for (let place = first; place !== undefined; place = place.next) yield place.waiting
  }

  #next(): PlaceInLine<W> | undefined {
    return this.#length === 0 ? undefined : this.#first.find((first) => first !== undefined)
  }
}
