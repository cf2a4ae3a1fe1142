interface Head {
  /** Sends the head, unless its body went with it. */
  flushHead(): void
}

/**
 * Sends heads whose bodies are long in coming. A head waits for the rest of its turn of the event loop, in which the body of a small answer
 * arrives as well and goes out in the same write; one timer serves all heads of a turn.
 */
export class LoneHeads {
  #waiting: Head[] = []

  add(head: Head): void {
    if (this.#waiting.push(head) === 1) setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const head of waiting) head.flushHead()
  }
}
