import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import type { HostRecord } from './host-health.js'

/**
 * From so many failures in a row on, an instance gets one call at a time until one succeeds. Without this, all who call at the moment of its
 * death would meet it before the limit of consecutive failures is reached; an error now and then holds nobody back. [linkerd's probation]
 */
export const doubtfulAfter = 2

/** Who judges the hosts of a service. */
export interface HostJudge {
  /** Whether the interval of the next counts has begun. */
  readonly awake: boolean
  wake(): void
  onFailure(host: Host): void
}

/** Counts of one instance. A call that ends costs a few additions: no clock, no allocation. */
export class Host implements HostRecord {
  instance: ServiceInstance
  ejected = false
  /** When the ejection is over. */
  dueMs = 0
  /** How many base times the last ejection lasted, less the intervals without any since. */
  times = 0
  /** Whether it was not ejected since the interval began. */
  clean = true
  consecutiveFailures = 0
  /** Of this interval. */
  successes = 0
  /** Of this interval. */
  failures = 0
  /** The last update that named it. */
  seen = 0
  readonly #judge: HostJudge

  constructor(instance: ServiceInstance, judge: HostJudge) {
    this.instance = instance
    this.#judge = judge
  }

  get up(): boolean {
    return this.instance.status === ServiceStatus.UP
  }

  get doubtful(): boolean {
    return this.consecutiveFailures >= doubtfulAfter
  }

  get requests(): number {
    return this.successes + this.failures
  }

  record(outcome: Outcome): void {
    if (outcome === 'success') {
      this.successes++
      this.consecutiveFailures = 0
    } else if (outcome === 'failure') {
      this.failures++
      this.consecutiveFailures++
      this.#judge.onFailure(this)
    } else return
    if (!this.#judge.awake) this.#judge.wake()
  }

  /** Whether `instance` is this host still, not one that came to its id: another address, or another start. */
  is({ host, port, protocol, registeredAt }: ServiceInstance): boolean {
    const mine = this.instance
    return mine.host === host && mine.port === port && mine.protocol === protocol && mine.registeredAt === registeredAt
  }

  forgetInterval(): void {
    this.successes = 0
    this.failures = 0
  }

  forgetCalls(): void {
    this.forgetInterval()
    this.consecutiveFailures = 0
  }
}
