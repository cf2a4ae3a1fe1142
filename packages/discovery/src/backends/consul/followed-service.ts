import type { Clock, ServiceInstance, TimerHandle } from '@hazeljs/core'
import type { WatchSink } from '../shared-watches.js'
import { isBefore, noIndex } from './blocking-query.js'
import type { Listed } from './service-entries.js'

/** What Consul told of a service at an index. */
export interface Listing extends Listed {
  /** `undefined` where a proxy took it away. */
  readonly index: string | undefined
  /** Something was left out that the token may not see. */
  readonly isFiltered: boolean
}

/**
 * What is known of a watched service, and why somebody left it.
 *
 * Consul keeps no record of who was deregistered. So it is who was alive in one answer and in the next has no entry any more: whoever expires
 * stays as a critical entry for a minute at least. After a failure, or where the token sees less than all, nobody can tell, and they count as
 * expired.
 *
 * A registry that began anew, as an agent without a data directory does, tells an index that is lower than before. Those that it does not know
 * any more have not expired: their owners register again with their next heartbeat, and until then they stay, for `graceMs` at most.
 */
export class FollowedService {
  readonly #sink: WatchSink
  readonly #graceMs: number
  readonly #clock: Clock
  #index = noIndex
  #alive: readonly ServiceInstance[] = []
  /** Those that a registry that began anew does not know again yet. */
  #missed: readonly ServiceInstance[] = []
  #hasGap = false
  #timer: TimerHandle | undefined

  constructor(sink: WatchSink, graceMs: number, clock: Clock) {
    this.#sink = sink
    this.#graceMs = graceMs
    this.#clock = clock
  }

  take(listing: Listing): void {
    const { index, instances, ids, isFiltered } = listing
    const beganAnew = this.#isBefore(index)
    const cannotTell = this.#hasGap || beganAnew || isFiltered
    const gone = cannotTell ? [] : this.#alive.filter(({ id }) => !ids.has(id))
    if (beganAnew) this.#beginGrace()
    this.#missed = this.#missed.filter(({ id }) => !ids.has(id))
    this.#index = index ?? noIndex
    this.#alive = instances
    this.#hasGap = false
    this.#sink.state([...instances, ...this.#missed], new Set(gone.map(({ id }) => id)))
  }

  fail(error: Error): void {
    this.#hasGap = true
    this.#sink.failed(error)
  }

  /** A listing that did not come by the watch, which may not have seen yet that the registry began anew. */
  complete({ index, instances, ids }: Listing): readonly ServiceInstance[] {
    const missed = this.#isBefore(index) ? [...this.#alive, ...this.#missed] : this.#missed
    return [...instances, ...missed.filter(({ id }) => !ids.has(id))]
  }

  stop(): void {
    this.#clock.clearTimer(this.#timer)
  }

  #isBefore(index: string | undefined): boolean {
    return index !== undefined && isBefore(index, this.#index)
  }

  #beginGrace(): void {
    const known = new Map([...this.#missed, ...this.#alive].map((instance) => [instance.id, instance]))
    this.#missed = [...known.values()]
    this.#clock.clearTimer(this.#timer)
    const onDue = () => {
      this.#missed = []
      if (!this.#hasGap) this.#sink.state(this.#alive)
    }
    this.#timer = this.#clock.setTimer(onDue, this.#graceMs, { background: true })
  }
}
