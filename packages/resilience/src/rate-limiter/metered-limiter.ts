import { type Clock, guardClock } from '@hazeljs/core'
import { badRequest, type Limiter, type LimitRequest, type LimitState } from './limiter.js'
import { type Meter, waitMs } from './meter.js'
import type { MeterStore } from './meter-store.js'

/** A limiter that keeps a meter for each key: what the local limiters share. */
export class MeteredLimiter implements Limiter {
  readonly #max: number
  readonly #meters: MeterStore<Meter>
  readonly #clock: Clock

  constructor(max: number, meters: MeterStore<Meter>, clock: Clock) {
    this.#max = max
    this.#meters = meters
    this.#clock = guardClock(clock)
  }

  /** Keys that are remembered. */
  get keys(): number {
    return this.#meters.size
  }

  /** @throws ConfigError for a key that is no string, and for a cost that no waiting can admit: not a whole number from 1 to `max`. */
  tryAcquire(request?: LimitRequest): boolean {
    const cost = this.#cost(request)
    return this.#meters.use(request?.key).take(cost, this.#clock.now())
  }

  /** @throws ConfigError as {@link tryAcquire}. */
  getRetryAfterMs(request?: LimitRequest): number {
    const cost = this.#cost(request)
    const nowMs = this.#clock.now()
    return waitMs(nowMs, this.#meters.look(request?.key).freeAtMs(cost, nowMs))
  }

  /** @throws ConfigError as {@link tryAcquire}. */
  peek(request?: LimitRequest): LimitState {
    this.#cost(request)
    const nowMs = this.#clock.now()
    const meter = this.#meters.look(request?.key)
    return { limit: this.#max, remaining: meter.remaining(nowMs), resetMs: waitMs(nowMs, meter.fullAtMs(nowMs)) }
  }

  #cost(request: LimitRequest | undefined): number {
    if (request === undefined) return 1
    const { key, cost = 1 } = request
    if ((key === undefined || typeof key === 'string') && Number.isInteger(cost) && cost >= 1 && cost <= this.#max) return cost
    throw badRequest(key, cost, this.#max)
  }
}
