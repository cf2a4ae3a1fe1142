interface Place<W> {
  readonly waiting: W
  readonly line: number
  previous: Place<W> | undefined
  next: Place<W> | undefined
  left: boolean
}

/** What {@link WaitingLine.join} gives, to leave with. */
export type PlaceInLine<W> = Place<W>

/** Several queues, the more urgent served first: linked lists, so that joining, leaving from anywhere and serving are all O(1). */
export class WaitingLine<W> {
  readonly #first: (Place<W> | undefined)[]
  readonly #last: (Place<W> | undefined)[]
  #length = 0

  /** `lines` is the number of urgencies; 0 is the most urgent. */
  constructor(lines: number) {
    this.#first = new Array<undefined>(lines).fill(undefined)
    this.#last = new Array<undefined>(lines).fill(undefined)
  }

  get length(): number {
    return this.#length
  }

  join(waiting: W, line: number): PlaceInLine<W> {
    const previous = this.#last[line]
    const place: Place<W> = { waiting, line, previous, next: undefined, left: false }
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
    if (this.#length === 0) return undefined
    const place = this.#first.find((first) => first !== undefined)
    if (place !== undefined) this.leave(place)
    return place?.waiting
  }
}
