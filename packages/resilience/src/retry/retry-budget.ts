import { type Clock, type Duration, guardClock, type OptionsReader, resolveOptions, systemClock } from '@hazeljs/core'

export interface RetryBudgetOptions {
  /** Retries allowed for each hundred first attempts. Default 20. */
  readonly ratio?: number | undefined
  /** Retries allowed a second whatever the traffic, saved up for `memory` at most. Default 10. */
  readonly perSecond?: number | undefined
  /** How long first attempts count. Default 10 s. */
  readonly memory?: Duration | undefined
}

export const defaultBudgetRatio = 20
export const defaultBudgetPerSecond = 10
export const defaultBudgetMemoryMs = 10_000

const buckets = 10
/** Sums of shares such as 0.2 miss whole numbers by rounding. */
const rounding = 1e-9

/**
 * Keeps retries and hedges a share of the calls, so that a target in trouble is not finished off by its callers. One for each target,
 * shared by all who call it.
 *
 * Each first attempt deposits `ratio` per cent of a token, which lapses after `memory`; a reserve of `perSecond` tokens a second, full at
 * the start, serves quiet times. Each retry takes one token. [Finagle RetryBudget]
 */
export class RetryBudget {
  readonly #clock: Clock
  readonly #deposit: number
  readonly #perMs: number
  readonly #reserveMax: number
  readonly #bucketMs: number
  readonly #deposits = new Float64Array(buckets)
  #deposited = 0
  #tick: number
  #reserve: number
  #reserveAtMs: number

  /** @throws ConfigError listing everything that is wrong with the options. */
  constructor(options: RetryBudgetOptions = {}, clock: Clock = systemClock) {
    const { ratio, perSecond, memoryMs } = resolveOptions('RetryBudget', readOptions, options)
    this.#deposit = ratio / 100
    this.#perMs = perSecond / 1_000
    this.#clock = guardClock(clock)
    this.#bucketMs = memoryMs / buckets
    this.#reserveMax = this.#perMs * memoryMs
    this.#reserve = this.#reserveMax
    this.#reserveAtMs = this.#clock.now()
    this.#tick = Math.floor(this.#reserveAtMs / this.#bucketMs)
  }

  /** Retries that may be made now; fractions are on their way to one. */
  get available(): number {
    this.#advance()
    return this.#deposited + this.#reserve
  }

  /** A first attempt is made. */
  deposit(): void {
    this.#advance()
    this.#deposits[this.#tick % buckets]! += this.#deposit
    this.#deposited += this.#deposit
  }

  /** Takes one token for a retry or a hedge. `false`: the budget is empty, and the retry is not to be made. */
  tryTake(): boolean {
    this.#advance()
    if (this.#deposited + this.#reserve < 1 - rounding) return false
    const fromReserve = Math.max(0, 1 - this.#takeDeposits(1))
    this.#reserve = Math.max(0, this.#reserve - fromReserve)
    return true
  }

  /** Oldest first, for they lapse first. Returns what was taken. */
  #takeDeposits(wanted: number): number {
    let missing = Math.min(wanted, this.#deposited)
    const taken = missing
    for (let age = buckets - 1; age >= 0 && missing > 0; age--) {
      const bucket = (this.#tick + buckets - age) % buckets
      const part = Math.min(missing, this.#deposits[bucket] as number)
      this.#deposits[bucket]! -= part
      missing -= part
    }
    this.#deposited -= taken
    return taken
  }

  #advance(): void {
    const nowMs = this.#clock.now()
    this.#reserve = Math.min(this.#reserveMax, this.#reserve + (nowMs - this.#reserveAtMs) * this.#perMs)
    this.#reserveAtMs = nowMs
    const tick = Math.floor(nowMs / this.#bucketMs)
    if (tick === this.#tick) return
    const steps = Math.min(buckets, tick - this.#tick)
    for (let step = 1; step <= steps; step++) this.#deposits[(this.#tick + step) % buckets] = 0
    this.#tick = tick
    this.#deposited = this.#deposits.reduce((sum, part) => sum + part, 0)
  }
}

function readOptions(options: OptionsReader<RetryBudgetOptions>) {
  return {
    ratio: options.number('ratio', defaultBudgetRatio, { min: 0, max: 1_000 }),
    perSecond: options.number('perSecond', defaultBudgetPerSecond, { min: 0, max: 1_000_000 }),
    memoryMs: options.duration('memory', defaultBudgetMemoryMs, 1),
  }
}
