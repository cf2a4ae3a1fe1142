import { type Clock, type Random, type ServiceInstance, ServiceStatus, tell } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import type { HostHealth, HostRecord } from '../outlier/host-health.js'
import type { OutlierDetector } from '../outlier/outlier-detector.js'
import type { ResolvedCallerChecks } from './caller-checks.js'
import { HealthMonitor } from './health-monitor.js'
import { type CheckConnector, instanceCheck } from './instance-check.js'

/** Told when checks change their mind about an instance. */
export interface CheckObserver {
  unhealthy(instance: ServiceInstance, error: Error): void
  healthy(instance: ServiceInstance): void
}

/** An instance, and what its checks found. */
class CheckedHost {
  instance: ServiceInstance
  /** Unknown until the first check, and out as well: whoever is not there yet must not be met by a request. */
  state: 'unknown' | 'well' | 'ill' = 'unknown'
  monitor: HealthMonitor | undefined
  /** The last update that named it. */
  seen = 0

  constructor(instance: ServiceInstance) {
    this.instance = instance
  }

  /** Whether `instance` is this host still, not one that came to its id. */
  is({ host, port, protocol, registeredAt }: ServiceInstance): boolean {
    const mine = this.instance
    return mine.host === host && mine.port === port && mine.protocol === protocol && mine.registeredAt === registeredAt
  }
}

/** What is known of an instance by its checks and by the outcomes of calls together. */
class CheckedRecord implements HostRecord {
  readonly #host: CheckedHost
  readonly #outcomes: HostRecord | undefined

  constructor(host: CheckedHost, outcomes: HostRecord | undefined) {
    this.#host = host
    this.#outcomes = outcomes
  }

  get ejected(): boolean {
    return this.#host.state !== 'well' || this.#outcomes?.ejected === true
  }

  get doubtful(): boolean {
    return this.#outcomes?.doubtful === true
  }

  record(outcome: Outcome): void {
    this.#outcomes?.record(outcome)
  }
}

export interface CheckedHostsParts {
  /** Who ejects by the outcomes of calls, and readmits whom a check finds well; closed and updated with this. `undefined`: nobody. */
  readonly outliers: OutlierDetector | undefined
  readonly connector: CheckConnector | undefined
  readonly clock: Clock
  readonly random: Random
  /** Told once, soon, of all changes of a moment. */
  readonly onChange: () => void
  readonly observer: CheckObserver
}

/**
 * Checks the instances of one service that are UP, and takes out whom it finds ill. As with ejections, a balancer that is left with too few
 * goes on with all: see its panic threshold. [Envoy's active health checking]
 */
export class CheckedHosts implements HostHealth {
  readonly #options: ResolvedCallerChecks
  readonly #parts: CheckedHostsParts
  readonly #hosts = new Map<string, CheckedHost>()
  #updates = 0
  #tellsChange = false
  #closed = false

  constructor(options: ResolvedCallerChecks, parts: CheckedHostsParts) {
    this.#options = options
    this.#parts = parts
  }

  of(instance: ServiceInstance): HostRecord {
    return new CheckedRecord(this.#hostOf(instance), this.#parts.outliers?.of(instance))
  }

  /** Takes over the instances of the service, whatever their status; checks of others end. */
  update(members: readonly ServiceInstance[]): void {
    this.#parts.outliers?.update(members)
    const update = ++this.#updates
    for (const instance of members) this.#hostOf(instance).seen = update
    for (const [id, host] of this.#hosts) {
      if (host.seen === update) continue
      this.#hosts.delete(id)
      this.#stop(host)
    }
  }

  /** Ends the checks. */
  close(): void {
    this.#closed = true
    for (const host of this.#hosts.values()) this.#stop(host)
    this.#parts.outliers?.close()
  }

  #hostOf(instance: ServiceInstance): CheckedHost {
    let host = this.#hosts.get(instance.id)
    if (host?.is(instance) !== true) {
      if (host !== undefined) this.#stop(host)
      host = new CheckedHost(instance)
      this.#hosts.set(instance.id, host)
    }
    host.instance = instance
    if (instance.status !== ServiceStatus.UP) this.#stop(host)
    else if (host.monitor === undefined && !this.#closed) this.#start(host)
    return host
  }

  #start(host: CheckedHost): void {
    const { clock, random, connector } = this.#parts
    const check = instanceCheck(host.instance, this.#options.path, connector)
    const observer = {
      checked: (failure: Error | undefined) => this.#onChecked(host, failure),
      changed: (health: string, failure: Error | undefined) => this.#onVerdict(host, health === 'well' ? undefined : failure),
    }
    host.monitor = new HealthMonitor(check, this.#options, observer, clock, random)
    void host.monitor.start()
  }

  #stop(host: CheckedHost): void {
    host.monitor?.stop()
    host.monitor = undefined
    host.state = 'unknown'
  }

  #onChecked(host: CheckedHost, failure: Error | undefined): void {
    // Of one that was never well the monitor waits for good news only.
    if (failure !== undefined && host.state === 'unknown') this.#onVerdict(host, failure)
    if (failure === undefined) this.#parts.outliers?.readmit(host.instance.id)
  }

  #onVerdict(host: CheckedHost, failure: Error | undefined): void {
    const { observer } = this.#parts
    host.state = failure === undefined ? 'well' : 'ill'
    if (failure === undefined) tell('healthy', () => observer.healthy(host.instance))
    else tell('unhealthy', () => observer.unhealthy(host.instance, failure))
    this.#tellChange()
  }

  #tellChange(): void {
    if (this.#tellsChange) return
    this.#tellsChange = true
    queueMicrotask(() => {
      this.#tellsChange = false
      if (!this.#closed) tell('onChange', this.#parts.onChange)
    })
  }
}
