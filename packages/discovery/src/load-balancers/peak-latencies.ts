import type { Clock } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import { type LoadMeter, median } from './load-meter.js'
import type { Endpoint, EndpointGroup } from './strategy.js'

/** A failure counts as a call that took this many times as long as is usual for its instance, or for all where that is more. */
export const failureFactor = 4
/** No latency counts as less, so that none is 0 and differences in the clock's noise decide nothing. */
export const minLatencyMs = 0.1
/** The usual latency of all is the mean of about so many calls. */
const usualOver = 32

interface Latency {
  ewmaMs: number
  atMs: number
}

/**
 * Peak-EWMA [Finagle]: the expected latency times the calls that would be outstanding. A rise counts at once and in full, a fall by an
 * exponentially weighted mean over `decayMs`. What is known of an instance that is not called fades towards what is usual for all, so that
 * one that was slow is tried again.
 *
 * A failure counts as slow, however fast it came, or whoever fails fast would draw all calls; an ignored outcome says nothing.
 */
export class PeakLatencies implements LoadMeter {
  readonly timed = true
  readonly #clock: Clock
  readonly #decayMs: number
  #latencies = new Map<Endpoint, Latency>()
  #usualMs = minLatencyMs
  #measured = 0

  constructor(clock: Clock, decayMs: number) {
    this.#clock = clock
    this.#decayMs = decayMs
  }

  /** Newcomers start at the median of the others. */
  update({ endpoints, joined }: EndpointGroup): void {
    const latencies = new Map<Endpoint, Latency>()
    for (const endpoint of endpoints) {
      const latency = this.#latencies.get(endpoint)
      if (latency !== undefined) latencies.set(endpoint, latency)
    }
    this.#latencies = latencies
    if (latencies.size === 0 || joined.length === 0) return
    const atMs = this.#clock.now()
    const start = median(Float64Array.from(latencies.values(), (latency) => this.#expected(latency, atMs)))
    for (const endpoint of joined) if (!latencies.has(endpoint)) latencies.set(endpoint, { ewmaMs: start, atMs })
  }

  loadOf(endpoint: Endpoint, nowMs: number): number {
    const latency = this.#latencies.get(endpoint)
    return (latency === undefined ? this.#usualMs : this.#expected(latency, nowMs)) * (endpoint.inFlight + 1)
  }

  settled(endpoint: Endpoint, outcome: Outcome, latencyMs: number): void {
    if (outcome === 'ignored') return
    const nowMs = this.#clock.now()
    const known = this.#latencies.get(endpoint)
    const observedMs = outcome === 'success' ? Math.max(latencyMs, minLatencyMs) : this.#penalty(known, latencyMs, nowMs)
    if (outcome === 'success') {
      const over = Math.min(++this.#measured, usualOver)
      this.#usualMs += (observedMs - this.#usualMs) / over
    }
    if (known === undefined) this.#latencies.set(endpoint, { ewmaMs: observedMs, atMs: nowMs })
    else this.#observe(known, observedMs, nowMs)
  }

  #observe(latency: Latency, observedMs: number, nowMs: number): void {
    const kept = Math.exp((latency.atMs - nowMs) / this.#decayMs)
    latency.ewmaMs = observedMs > latency.ewmaMs ? observedMs : observedMs + (latency.ewmaMs - observedMs) * kept
    latency.atMs = nowMs
  }

  #penalty(known: Latency | undefined, latencyMs: number, nowMs: number): number {
    const expectedMs = known === undefined ? 0 : this.#expected(known, nowMs)
    return Math.max(latencyMs, failureFactor * Math.max(expectedMs, this.#usualMs))
  }

  #expected({ ewmaMs, atMs }: Latency, nowMs: number): number {
    return this.#usualMs + (ewmaMs - this.#usualMs) * Math.exp((atMs - nowMs) / this.#decayMs)
  }
}
