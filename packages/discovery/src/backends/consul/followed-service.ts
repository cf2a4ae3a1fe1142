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

interface Missed {
  readonly instance: ServiceInstance
  readonly untilMs: number
}

/**
 * What is known of a watched service, and why somebody left it.
 *
 * Consul keeps no record of who was deregistered. So it is who had an entry in one answer and has none in the next: whoever expires keeps a
 * critical entry for a minute at least. After a failure, or where the token sees less than all, nobody can tell, and they count as expired.
 *
 * Nobody can renew a lease with an agent that hangs or is gone. So whoever was alive before a failure stays for `graceMs` after it, in which its
 * owner has to renew the lease or register anew: those whose lease ran out, and those whom a registry does not know that began anew, as an
 * agent without a data directory does. Such a registry tells an index that is lower than before.
 */
export class FollowedService {
  readonly #sink: WatchSink
  readonly #graceMs: number
  readonly #clock: Clock
  #index = noIndex
  #alive: readonly ServiceInstance[] = []
  #ids: ReadonlySet<string> = new Set()
  #missed: readonly Missed[] = []
  #hasGap = false
  /** Until then a lease that ran out may be the agent's fault: its owner has not had the time to renew it. */
  #doubtUntilMs = -Infinity
  #timer: TimerHandle | undefined

  constructor(sink: WatchSink, graceMs: number, clock: Clock) {
    this.#sink = sink
    this.#graceMs = graceMs
    this.#clock = clock
  }

  take(listing: Listing): void {
    const { index, instances, ids, isFiltered } = listing
    const canTell = !this.#hasGap && !this.#beganAnew(index) && !isFiltered
    const gone = new Set(canTell ? [...this.#ids].filter((id) => !ids.has(id)) : [])
    if (this.#hasGap || this.#beganAnew(index)) this.#doubtUntilMs = this.#clock.now() + this.#graceMs
    this.#missed = this.#missedIn(listing).filter(({ instance }) => !gone.has(instance.id))
    this.#index = index ?? noIndex
    this.#alive = instances
    this.#ids = ids
    this.#hasGap = false
    this.#awaitEnd()
    this.#tell(gone)
  }

  fail(error: Error): void {
    this.#hasGap = true
    this.#sink.failed(error)
  }

  /** A listing that did not come by the watch, which may not have seen yet that the registry is back. */
  complete(listing: Listing): readonly ServiceInstance[] {
    return [...listing.instances, ...this.#missedIn(listing).map(({ instance }) => instance)]
  }

  stop(): void {
    this.#clock.clearTimer(this.#timer)
  }

  /** Those that were missed before, and those that are from now on, without those that are back. */
  #missedIn({ index, instances, ids }: Listing): readonly Missed[] {
    const beganAnew = this.#beganAnew(index)
    const isInDoubt = this.#hasGap || this.#clock.now() < this.#doubtUntilMs
    const suspects = this.#alive.filter(({ id }) => beganAnew || (isInDoubt && ids.has(id)))
    const untilMs = this.#doubtUntilMs
    const back = new Set(instances.map(({ id }) => id))
    return [...this.#missed, ...suspects.map((instance) => ({ instance, untilMs }))].filter(({ instance }) => !back.has(instance.id))
  }

  #beganAnew(index: string | undefined): boolean {
    return index !== undefined && isBefore(index, this.#index)
  }

  #awaitEnd(): void {
    this.#clock.clearTimer(this.#timer)
    if (this.#missed.length === 0) return
    const nextMs = Math.min(...this.#missed.map(({ untilMs }) => untilMs)) - this.#clock.now()
    const onDue = () => {
      this.#missed = this.#missed.filter(({ untilMs }) => untilMs > this.#clock.now())
      this.#awaitEnd()
      if (!this.#hasGap) this.#tell(new Set())
    }
    this.#timer = this.#clock.setTimer(onDue, nextMs, { background: true })
  }

  #tell(deregistered: ReadonlySet<string>): void {
    this.#sink.state([...this.#alive, ...this.#missed.map(({ instance }) => instance)], deregistered)
  }
}
