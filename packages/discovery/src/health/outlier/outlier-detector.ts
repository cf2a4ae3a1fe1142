import { type Clock, type Random, type ServiceInstance, tell, type TimerHandle } from '@hazeljs/core'
import type { EjectionReason, OutlierObserver, ReadmissionReason } from './ejection.js'
import type { HostHealth, HostRecord } from './host-health.js'
import { Host, type HostJudge } from './host.js'
import { HostProbes } from './host-probes.js'
import type { ResolvedOutlierOptions } from './options.js'

/** Ejections last up to this share longer, so that clients do not all return to a sick instance at once. */
export const ejectionJitter = 0.1

/**
 * Ejects instances of one service whose calls fail, for a time that grows with each ejection. [Envoy outlier detection, gRFC A50]
 *
 * What counts as a failure is the caller's verdict; rejections before the call ran are `ignored`. Small pools: see `maxEjectedPercent`.
 */
export class OutlierDetector implements HostHealth {
  readonly #options: ResolvedOutlierOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #onChange: () => void
  readonly #observer: OutlierObserver
  readonly #probes: HostProbes | undefined
  readonly #hosts = new Map<string, Host>()
  readonly #ejected = new Set<Host>()
  readonly #judge: HostJudge & { awake: boolean }
  /** Hosts that are UP, and those of them that are ejected. */
  #up = 0
  #ejectedUp = 0
  #updates = 0
  #intervalTimer: TimerHandle | undefined
  #returnTimer: TimerHandle | undefined
  #returnAtMs = Infinity
  #tellsChange = false
  #closed = false

  /** `onChange` is told once, soon, of all ejections and readmissions of a moment, but not of those within {@link update}. */
  constructor(options: ResolvedOutlierOptions, clock: Clock, random: Random, onChange: () => void, observer: OutlierObserver = {}) {
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#onChange = onChange
    this.#observer = observer
    if (options.probe !== undefined) this.#probes = new HostProbes(options.probe, (host) => this.readmit(host.instance.id), clock, random)
    // Only the share of failures needs intervals to begin with the first call.
    const awake = options.failurePercentage === Infinity
    this.#judge = { awake, wake: () => this.#wake(), onFailure: (host) => this.#onFailure(host) }
  }

  of(instance: ServiceInstance): HostRecord {
    return this.#hostOf(instance)
  }

  /** Takes over the instances of the service, whatever their status, and forgets all others. */
  update(members: readonly ServiceInstance[]): void {
    const update = ++this.#updates
    let kept = 0
    for (const instance of members) {
      const host = this.#hostOf(instance)
      if (host.seen !== update) kept++
      host.seen = update
      if (host.instance !== instance) this.#renew(host, instance)
    }
    if (this.#hosts.size > kept) {
      for (const host of this.#hosts.values()) if (host.seen !== update) this.#drop(host)
    }
    this.#readmitExcess()
  }

  /** An active check found the instance well. Nothing happens when it is not ejected. */
  readmit(id: string): void {
    const host = this.#hosts.get(id)
    if (host?.ejected !== true) return
    this.#readmit(host, 'check')
    this.#tellChange()
  }

  /** Ends timers and checks. Outcomes change nothing any more, and nobody is told. */
  close(): void {
    this.#closed = true
    this.#judge.awake = true
    this.#clock.clearTimer(this.#intervalTimer)
    this.#clock.clearTimer(this.#returnTimer)
    for (const host of this.#ejected) this.#probes?.stop(host)
  }

  #hostOf(instance: ServiceInstance): Host {
    const known = this.#hosts.get(instance.id)
    if (known?.is(instance) === true) return known
    if (known !== undefined) this.#drop(known)
    const host = new Host(instance, this.#judge)
    this.#hosts.set(instance.id, host)
    if (host.up) this.#up++
    return host
  }

  /** The registry tells something new of a host that is known. */
  #renew(host: Host, instance: ServiceInstance): void {
    const wasUp = host.up
    host.instance = instance
    if (host.up === wasUp) return
    const change = wasUp ? -1 : 1
    this.#up += change
    if (host.ejected) this.#ejectedUp += change
    if (wasUp) return
    if (host.ejected) this.#readmit(host, 'status')
    else host.forgetCalls()
  }

  #drop(host: Host): void {
    this.#hosts.delete(host.instance.id)
    if (host.up) this.#up--
    if (host.ejected) this.#endEjection(host)
  }

  #onFailure(host: Host): void {
    const failures = host.consecutiveFailures
    if (failures >= this.#options.consecutiveFailures) this.#eject(host, 'consecutive-failures', failures)
  }

  #eject(host: Host, reason: EjectionReason, failures: number): void {
    const isMember = this.#hosts.get(host.instance.id) === host
    if (this.#closed || host.ejected || !isMember || !host.up || this.#ejectedUp >= this.#maxEjected()) return
    const { baseEjectionMs, maxEjectionMs } = this.#options
    if (baseEjectionMs * host.times < maxEjectionMs) host.times++
    const durationMs = Math.min(baseEjectionMs * host.times, maxEjectionMs) * (1 + ejectionJitter * this.#random.next())
    host.ejected = true
    host.clean = false
    host.dueMs = this.#clock.now() + durationMs
    this.#ejected.add(host)
    this.#ejectedUp++
    this.#probes?.start(host)
    this.#startInterval()
    this.#awaitReturn(host.dueMs)
    const observer = this.#observer
    if (observer.ejected !== undefined) tell('ejected', () => observer.ejected?.({ instance: host.instance, reason, failures, durationMs }))
    this.#tellChange()
  }

  #maxEjected(): number {
    const { maxEjectedPercent } = this.#options
    if (maxEjectedPercent === 0) return 0
    return Math.min(this.#up - 1, Math.max(1, Math.floor((this.#up * maxEjectedPercent) / 100)))
  }

  #readmit(host: Host, reason: ReadmissionReason): void {
    this.#endEjection(host)
    host.forgetCalls()
    const observer = this.#observer
    if (observer.readmitted !== undefined) tell('readmitted', () => observer.readmitted?.({ instance: host.instance, reason }))
  }

  #endEjection(host: Host): void {
    host.ejected = false
    this.#ejected.delete(host)
    if (host.up) this.#ejectedUp--
    this.#probes?.stop(host)
    if (this.#ejected.size > 0) return
    this.#clock.clearTimer(this.#returnTimer)
    this.#returnAtMs = Infinity
  }

  /** Of those whose turn to return is next, as many as it takes. */
  #readmitExcess(): void {
    while (this.#ejectedUp > 0 && this.#ejectedUp > this.#maxEjected()) {
      let next: Host | undefined
      for (const host of this.#ejected) if (host.up && (next === undefined || host.dueMs < next.dueMs)) next = host
      if (next === undefined) return
      this.#readmit(next, 'cap')
    }
  }

  #awaitReturn(dueMs: number): void {
    if (dueMs >= this.#returnAtMs) return
    this.#clock.clearTimer(this.#returnTimer)
    this.#returnAtMs = dueMs
    this.#returnTimer = this.#clock.setTimer(() => this.#onReturn(), dueMs - this.#clock.now(), { background: true })
  }

  #onReturn(): void {
    this.#returnAtMs = Infinity
    const nowMs = this.#clock.now()
    const due = [...this.#ejected].filter((host) => host.dueMs <= nowMs)
    for (const host of due) this.#readmit(host, 'time')
    const nextMs = Math.min(...Array.from(this.#ejected, (host) => host.dueMs))
    this.#awaitReturn(nextMs)
    if (due.length > 0) this.#tellChange()
  }

  #wake(): void {
    this.#judge.awake = true
    this.#startInterval()
  }

  #startInterval(): void {
    if (this.#closed) return
    this.#intervalTimer ??= this.#clock.setTimer(() => this.#onInterval(), this.#options.intervalMs, { background: true })
  }

  #onInterval(): void {
    this.#intervalTimer = undefined
    this.#ejectByShare()
    let busy = false
    for (const host of this.#hosts.values()) {
      busy ||= host.requests > 0 || host.times > 0
      host.forgetInterval()
      if (host.clean && host.times > 0) host.times--
      host.clean = !host.ejected
    }
    if (busy) this.#startInterval()
    else this.#judge.awake = this.#options.failurePercentage === Infinity
  }

  /** The worst first, for there may be room for a few only. */
  #ejectByShare(): void {
    const { failurePercentage, minRequests, minHosts } = this.#options
    const judged = [...this.#hosts.values()].filter((host) => host.up && !host.ejected && host.requests >= minRequests)
    if (judged.length < minHosts) return
    const share = ({ failures, requests }: Host) => (failures * 100) / requests
    const outliers = judged.filter((host) => share(host) >= failurePercentage).sort((a, b) => share(b) - share(a))
    for (const host of outliers) this.#eject(host, 'failure-percentage', host.failures)
  }

  #tellChange(): void {
    if (this.#tellsChange) return
    this.#tellsChange = true
    queueMicrotask(() => {
      this.#tellsChange = false
      if (!this.#closed) tell('onChange', this.#onChange)
    })
  }
}
