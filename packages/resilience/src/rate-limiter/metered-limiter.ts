import { type Clock, ConfigError, show } from '@hazeljs/core'
import type { Limiter, LimitRequest, LimitState } from './limiter.js'
import type { Meter } from './meter.js'
import { MeterStore } from './meter-store.js'

/** A limiter that keeps a meter for each key: what the local limiters share. */
export class MeteredLimiter implements Limiter {
  readonly #max: number
  readonly #clock: Clock
  readonly #meters: MeterStore

  constructor(max: number, maxKeys: number, create: () => Meter, clock: Clock) {
    this.#max = max
    this.#clock = clock
    this.#meters = new MeterStore(create, maxKeys)
  }

  /** Keys that are remembered. */
  get keys(): number {
    return this.#meters.size
  }

  /** @throws ConfigError for a cost that no waiting can admit: not a whole number from 1 to `max`. */
  tryAcquire(request?: LimitRequest): boolean {
    const cost = this.#cost(request)
    return this.#meters.use(request?.key).take(cost, this.#clock.now())
  }

  /** @throws ConfigError as {@link tryAcquire}. */
  getRetryAfterMs(request?: LimitRequest): number {
    const nowMs = this.#clock.now()
    const freeAtMs = this.#meters.look(request?.key).freeAtMs(this.#cost(request), nowMs)
    return waitMs(nowMs, freeAtMs)
  }

  peek(request?: LimitRequest): LimitState {
    const nowMs = this.#clock.now()
    const meter = this.#meters.look(request?.key)
    return { limit: this.#max, remaining: meter.remaining(nowMs), resetMs: waitMs(nowMs, meter.fullAtMs(nowMs)) }
  }

  #cost(request: LimitRequest | undefined): number {
    const cost = request?.cost ?? 1
    if (Number.isInteger(cost) && cost >= 1 && cost <= this.#max) return cost
    throw new ConfigError('A limit request', [
      { path: 'cost', message: `expected a whole number from 1 to ${this.#max}, got ${show(cost)}` },
    ])
  }
}

/** The least wait that ends at `untilMs` or later in floating point, where `now + (until - now)` may fall short of `until`. */
function waitMs(nowMs: number, untilMs: number): number {
  if (untilMs <= nowMs) return 0
  const exactMs = untilMs - nowMs
  return nowMs + exactMs >= untilMs ? exactMs : exactMs + untilMs * Number.EPSILON
}
