import type { Clock, Random, TimerHandle } from '@hazeljs/core'
import { HealthMonitor } from '../active/health-monitor.js'
import { httpCheck } from '../active/http-check.js'
import type { Host } from './host.js'
import type { ResolvedProbeOptions } from './options.js'

interface Probe {
  readonly timer: TimerHandle
  readonly monitor: HealthMonitor
}

/** Checks ejected hosts that say where they can be checked, and tells when one is well. */
export class HostProbes {
  readonly #options: ResolvedProbeOptions
  readonly #onWell: (host: Host) => void
  readonly #clock: Clock
  readonly #random: Random
  readonly #probes = new Map<Host, Probe>()

  constructor(options: ResolvedProbeOptions, onWell: (host: Host) => void, clock: Clock, random: Random) {
    this.#options = options
    this.#onWell = onWell
    this.#clock = clock
    this.#random = random
  }

  /** The first check waits for an interval: what failed just now seldom is well at once. */
  start(host: Host): void {
    const { protocol, host: address, port, healthCheckPath: path } = host.instance
    if (path === undefined || protocol === 'grpc') return
    const check = httpCheck({ protocol, host: address, port, path })
    const options = { ...this.#options, healthyThreshold: 1, unhealthyThreshold: 1 }
    // The first verdict is that it is well, and ends the probe.
    const observer = { changed: () => this.#onWell(host) }
    const monitor = new HealthMonitor(check, options, observer, this.#clock, this.#random)
    const timer = this.#clock.setTimer(() => void monitor.start(), this.#options.intervalMs, { background: true })
    this.#probes.set(host, { timer, monitor })
  }

  stop(host: Host): void {
    const probe = this.#probes.get(host)
    if (probe === undefined) return
    this.#probes.delete(host)
    this.#clock.clearTimer(probe.timer)
    probe.monitor.stop()
  }
}
