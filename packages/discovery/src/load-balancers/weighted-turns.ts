/** An endless order of indexes in which each comes as often as its weight says: exactly so in any row as long as the weights' sum. */
export interface WeightedTurns {
  next(): number
  /** How far the order has come, as a share in [0, 1): a new order starts there, so that a rebuild does not begin anew with the heaviest. */
  readonly phase: number
}

/** Up to this many steps a whole smooth order is written down; it takes about two milliseconds. Beyond, a heap finds each turn. */
export const maxSmoothSteps = 1_000_000

/** `weights` are whole numbers from 0 on, and one at least is not 0. */
export function weightedTurns(weights: readonly number[], phase: number): WeightedTurns {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (sum === weights.length && weights.every((weight) => weight === 1)) return new EqualTurns(weights.length, phase)
  return sum * weights.length <= maxSmoothSteps
    ? new ScheduledTurns(smoothSchedule(weights, sum), phase)
    : new DeadlineTurns(weights, phase)
}

/**
 * nginx's smooth order, where the heavy ones are spread between the light ones: weights 5, 1, 1 give a a b a c a a. Each turn all gain
 * their weight, the first with the most goes, and it pays the sum.
 */
function smoothSchedule(weights: readonly number[], sum: number): Uint32Array {
  const schedule = new Uint32Array(sum)
  const credit = new Float64Array(weights.length)
  for (let turn = 0; turn < sum; turn++) {
    let richest = 0
    for (let index = 0; index < credit.length; index++) {
      credit[index] = (credit[index] as number) + (weights[index] as number)
      if ((credit[index] as number) > (credit[richest] as number)) richest = index
    }
    credit[richest] = (credit[richest] as number) - sum
    schedule[turn] = richest
  }
  return schedule
}

/** One after the other. */
class EqualTurns implements WeightedTurns {
  readonly #count: number
  #at: number

  constructor(count: number, phase: number) {
    this.#count = count
    this.#at = Math.floor(phase * count)
  }

  get phase(): number {
    return this.#at / this.#count
  }

  next(): number {
    const index = this.#at
    this.#at = index + 1 === this.#count ? 0 : index + 1
    return index
  }
}

class ScheduledTurns implements WeightedTurns {
  readonly #schedule: Uint32Array
  #at: number

  constructor(schedule: Uint32Array, phase: number) {
    this.#schedule = schedule
    this.#at = Math.floor(phase * schedule.length)
  }

  get phase(): number {
    return this.#at / this.#schedule.length
  }

  next(): number {
    const index = this.#schedule[this.#at] as number
    this.#at = this.#at + 1 === this.#schedule.length ? 0 : this.#at + 1
    return index
  }
}

/**
 * Earliest deadline first [gRFC A58]: the turns of weight w are due at (k + ½) / w, so between any time t and t + 1 each has exactly w. O(log n)
 * a turn.
 */
class DeadlineTurns implements WeightedTurns {
  readonly #weights: readonly number[]
  readonly #taken: Float64Array
  readonly #deadlines: Float64Array
  readonly #heap: Uint32Array
  /** Of one element: the time of the last turn. A field would be a new object on the heap with each turn. */
  readonly #time = new Float64Array(1)

  constructor(weights: readonly number[], phase: number) {
    this.#weights = weights
    this.#time[0] = phase
    this.#taken = new Float64Array(weights.length)
    this.#deadlines = new Float64Array(weights.length)
    let inPlay = 0
    const heap = new Uint32Array(weights.length)
    for (let index = 0; index < weights.length; index++) {
      const weight = weights[index] as number
      if (weight === 0) continue
      const taken = Math.ceil(phase * weight - 0.5)
      this.#taken[index] = taken
      this.#deadlines[index] = (taken + 0.5) / weight
      heap[inPlay++] = index
    }
    this.#heap = heap.subarray(0, inPlay)
    for (let place = (inPlay >> 1) - 1; place >= 0; place--) this.#sink(heap[place] as number, place)
  }

  get phase(): number {
    return (this.#time[0] as number) % 1
  }

  next(): number {
    const index = this.#heap[0] as number
    this.#time[0] = this.#deadlines[index] as number
    const taken = (this.#taken[index] as number) + 1
    this.#taken[index] = taken
    this.#deadlines[index] = (taken + 0.5) / (this.#weights[index] as number)
    this.#sink(index, 0)
    return index
  }

  /** Moves the one that stands at `top` down to its place. */
  #sink(index: number, top: number): void {
    const heap = this.#heap
    let place = top
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1] as number, heap[child] as number)) child++
      if (!this.#isBefore(heap[child] as number, index)) break
      heap[place] = heap[child] as number
      place = child
    }
    heap[place] = index
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.#deadlines[a] as number) - (this.#deadlines[b] as number)
    return difference < 0 || (difference === 0 && a < b)
  }
}
