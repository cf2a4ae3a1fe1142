/** A value's place in a {@link LinkedList}, to be taken out by. */
export interface ListNode<T> {
  readonly value: T
}

interface Node<T> extends ListNode<T> {
  previous: Node<T> | undefined
  next: Node<T> | undefined
  /** `undefined` once it was taken out. */
  list: LinkedList<T> | undefined
}

/** A queue that can also be left from anywhere: appending and removing are O(1), however long it is. */
export class LinkedList<T> implements Iterable<T> {
  #first: Node<T> | undefined
  #last: Node<T> | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  get first(): ListNode<T> | undefined {
    return this.#first
  }

  get last(): ListNode<T> | undefined {
    return this.#last
  }

  append(value: T): ListNode<T> {
    const previous = this.#last
    const node: Node<T> = { value, previous, next: undefined, list: this }
    if (previous === undefined) this.#first = node
    else previous.next = node
    this.#last = node
    this.#length++
    return node
  }

  /** Whether it was still in this list. */
  remove(given: ListNode<T>): boolean {
    const node = given as Node<T>
    if (node.list !== this) return false
    node.list = undefined
    const { previous, next } = node
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    // A dead node that has grown old would keep those after it from dying young, with all that they hold.
    node.previous = node.next = undefined
    this.#length--
    return true
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let node = this.#first; node !== undefined; node = node.next) yield node.value
  }
}
