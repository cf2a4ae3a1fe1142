import { type Clock, type Random, type TimerHandle, toError } from '@hazeljs/core'

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

export interface HealthObserver {
  /** The verdict changed. `failure` is why the last check was bad, where it was. */
  changed(health: Health, failure: Error | undefined): void
  /** Each check, before what it changes. */
  checked?(failure: Error | undefined): void
}

/** Checks an instance again and again, and tells when the verdict changes. */
export class HealthMonitor {
  readonly #check: HealthCheck
  readonly #options: HealthMonitorOptions
  readonly #observer: HealthObserver
  readonly #clock: Clock
  readonly #random: Random
  #health: Health = 'unknown'
  /** Checks in a row that contradict the verdict. */
  #contradictions = 0
  #timer: TimerHandle | undefined
  #running: AbortController | undefined
  #stopped = false

  constructor(check: HealthCheck, options: HealthMonitorOptions, observer: HealthObserver, clock: Clock, random: Random) {
    this.#check = check
    this.#options = options
    this.#observer = observer
    this.#clock = clock
    this.#random = random
  }

  /** Checks at once and goes on from there. Resolves after the first check, whatever it found. */
  async start(): Promise<void> {
    const failure = await this.#checkOnce()
    if (this.#stopped) return
    this.#observer.checked?.(failure)
    this.#judge(failure)
    this.#awaitNext()
  }

  /** Calls a running check off; nothing is told after this. */
  stop(): void {
    this.#stopped = true
    this.#clock.clearTimer(this.#timer)
    this.#running?.abort(new Error('The health check is no longer needed'))
  }

  #awaitNext(): void {
    if (this.#stopped) return // by who was told
    const jitter = 1 + checkJitter * (2 * this.#random.next() - 1)
    this.#timer = this.#clock.setTimer(() => void this.start(), this.#options.intervalMs * jitter, { background: true })
  }

  async #checkOnce(): Promise<Error | undefined> {
    const running = new AbortController()
    const timedOut = new Error(`The health check took longer than ${this.#options.timeoutMs} ms`)
    const timer = this.#clock.setTimer(() => running.abort(timedOut), this.#options.timeoutMs, { background: true })
    this.#running = running
    try {
      await this.#check(running.signal)
      return undefined
    } catch (error) {
      return toError(error)
    } finally {
      this.#clock.clearTimer(timer)
    }
  }

  #judge(failure: Error | undefined): void {
    const verdict: Health = failure === undefined ? 'well' : 'ill'
    if (this.#health === 'unknown' && failure !== undefined) return
    this.#contradictions = verdict === this.#health ? 0 : this.#contradictions + 1
    if (this.#contradictions < this.#threshold(verdict)) return
    this.#health = verdict
    this.#contradictions = 0
    this.#observer.changed(verdict, failure)
  }

  #threshold(verdict: Health): number {
    if (this.#health === 'unknown') return 1
    // A verdict that does not change is no news: 0 contradictions never reach the threshold, which is at least 1.
    return verdict === 'well' ? this.#options.healthyThreshold : this.#options.unhealthyThreshold
  }
}
