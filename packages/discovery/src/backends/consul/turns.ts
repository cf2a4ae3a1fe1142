/** Calls about the same thing, one after the other, in the order in which they were made. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** A call that fails does not hold up those behind it. */
  take<T>(key: string, call: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(call)
    const settled = turn.catch(() => undefined)
    this.#last.set(key, settled)
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key)
    })
    return turn
  }
}
