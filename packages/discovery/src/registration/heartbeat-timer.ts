import type { Clock, Random, TimerHandle } from '@hazeljs/core'

/** Two heartbeats may be lost before a lease runs out. */
export const heartbeatsPerTtl = 3
/** A heartbeat comes up to this share of its interval early, never late. */
export const heartbeatJitter = 0.2

/**
 * Calls every third of a ttl at the latest. The first time is anywhere in that third, and each later one up to a fifth early: instances that
 * started together, or woke together, do not all call at once.
 */
export class HeartbeatTimer {
  readonly #intervalMs: number
  readonly #beat: () => void
  readonly #clock: Clock
  readonly #random: Random
  #timer: TimerHandle | undefined

  constructor(ttlMs: number, beat: () => void, clock: Clock, random: Random) {
    this.#intervalMs = ttlMs / heartbeatsPerTtl
    this.#beat = beat
    this.#clock = clock
    this.#random = random
  }

  start(): void {
    this.#wait(this.#intervalMs * (1 - this.#random.next()))
  }

  stop(): void {
    this.#clock.clearTimer(this.#timer)
  }

  #wait(delayMs: number): void {
    const onDue = () => {
      this.#wait(this.#intervalMs * (1 - heartbeatJitter * this.#random.next()))
      this.#beat()
    }
    this.#timer = this.#clock.setTimer(onDue, delayMs, { background: true })
  }
}
