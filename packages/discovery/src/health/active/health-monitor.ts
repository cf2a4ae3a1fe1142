import type { Clock, Random, TimerHandle } from '@hazeljs/core'

/** Resolves when the instance is well, rejects when it is not. Has to end when the signal aborts. */
export type HealthCheck = (signal: AbortSignal) => Promise<void>

export interface HealthMonitorOptions {
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Good checks in a row that bring an instance back which was found ill. */
  readonly healthyThreshold: number
  /** Bad checks in a row after which an instance that was well counts as ill. */
  readonly unhealthyThreshold: number
}

/** Checks of many instances are spread by this share of the interval, either way. */
export const checkJitter = 0.2

/** Unknown until the first good check, which is enough; from then on it takes several checks in a row to change the verdict. */
export type Health = 'unknown' | 'well' | 'ill'

/** Checks an instance again and again, and tells when the verdict changes. */
export class HealthMonitor {
  readonly #check: HealthCheck
  readonly #options: HealthMonitorOptions
  readonly #onChange: (health: Health) => void
  readonly #clock: Clock
  readonly #random: Random
  #health: Health = 'unknown'
  /** Checks in a row that contradict the verdict. */
  #contradictions = 0
  #timer: TimerHandle | undefined
  #running: AbortController | undefined
  #stopped = false

  constructor(check: HealthCheck, options: HealthMonitorOptions, onChange: (health: Health) => void, clock: Clock, random: Random) {
    this.#check = check
    this.#options = options
    this.#onChange = onChange
    this.#clock = clock
    this.#random = random
  }

  /** Checks at once and goes on from there. Resolves after the first check, whatever it found. */
  async start(): Promise<void> {
    const good = await this.#checkOnce()
    if (this.#stopped) return
    this.#judge(good)
    const jitter = 1 + checkJitter * (2 * this.#random.next() - 1)
    this.#timer = this.#clock.setTimer(() => void this.start(), this.#options.intervalMs * jitter, { background: true })
  }

  /** Calls a running check off; nothing is told after this. */
  stop(): void {
    this.#stopped = true
    this.#clock.clearTimer(this.#timer)
    this.#running?.abort(new Error('The health check is no longer needed'))
  }

  async #checkOnce(): Promise<boolean> {
    const running = new AbortController()
    const timedOut = new Error(`The health check took longer than ${this.#options.timeoutMs} ms`)
    const timer = this.#clock.setTimer(() => running.abort(timedOut), this.#options.timeoutMs, { background: true })
    this.#running = running
    try {
      await this.#check(running.signal)
      return true
    } catch {
      return false
    } finally {
      this.#clock.clearTimer(timer)
    }
  }

  #judge(good: boolean): void {
    const verdict: Health = good ? 'well' : 'ill'
    if (this.#health === 'unknown' && !good) return
    this.#contradictions = verdict === this.#health ? 0 : this.#contradictions + 1
    if (this.#contradictions < this.#threshold(verdict)) return
    this.#health = verdict
    this.#contradictions = 0
    this.#onChange(verdict)
  }

  #threshold(verdict: Health): number {
    if (this.#health === 'unknown') return 1
    // A verdict that does not change is no news: 0 contradictions never reach the threshold, which is at least 1.
    return verdict === 'well' ? this.#options.healthyThreshold : this.#options.unhealthyThreshold
  }
}
