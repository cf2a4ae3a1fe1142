import type { Clock } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import { type LoadMeter, median } from './load-meter.js'
import type { Endpoint, EndpointGroup } from './strategy.js'

/** A failure counts as a call that took this many times as long as is usual for its instance, or for all where that is more. */
export const failureFactor = 4
/** No latency counts as less, so that none is 0 and differences in the clock's noise decide nothing. */
export const minLatencyMs = 0.1
/** What is expected of an instance that was not called for long, as a share of what is usual for all. */
export const fadedShare = 0.5
/** The usual latency of all is the mean of about so many calls. */
const usualOver = 32

const unmeasured = -1

/**
 * Peak-EWMA [Finagle]: the expected latency times the calls that would be outstanding. A rise counts at once and in full, a fall by an
 * exponentially weighted mean over `decayMs`. What is known of an instance that is not called fades, until it looks faster than is usual
 * for all: so one that was slow is tried again for certain.
 *
 * A failure counts as slow, however fast it came, or whoever fails fast would draw all calls; an ignored outcome says nothing.
 */
export class PeakLatencies implements LoadMeter {
  readonly timed = true
  readonly #clock: Clock
  readonly #decayMs: number
  /** By the endpoints' places, as the two below are. */
  #endpoints: readonly (Endpoint | undefined)[] = []
  #ewmaMs = new Float64Array()
  #atMs = new Float64Array()
  /** Of one element: what is usual. A field would be a new object on the heap with each call. */
  readonly #usualMs = Float64Array.of(minLatencyMs)
  #measured = 0

  constructor(clock: Clock, decayMs: number) {
    this.#clock = clock
    this.#decayMs = decayMs
  }

  /** Newcomers start at the median of the others. */
  update({ endpoints, joined }: EndpointGroup): void {
    this.#carryOver(endpoints)
    if (joined.length === 0) return
    const nowMs = this.#clock.now()
    const measured = endpoints.filter(({ place }) => this.#ewmaMs[place] !== unmeasured)
    if (measured.length === 0) return
    const start = median(Float64Array.from(measured, ({ place }) => this.#expected(place, nowMs)))
    for (const { place } of joined) {
      if (this.#ewmaMs[place] !== unmeasured) continue
      this.#ewmaMs[place] = start
      this.#atMs[place] = nowMs
    }
  }

  compare(one: Endpoint, other: Endpoint, nowMs: number): number {
    const load = this.#expected(one.place, nowMs) * (one.inFlight + 1)
    const otherLoad = this.#expected(other.place, nowMs) * (other.inFlight + 1)
    return load < otherLoad ? -1 : load > otherLoad ? 1 : 0
  }

  settled(endpoint: Endpoint, outcome: Outcome, latencyMs: number, nowMs: number): void {
    const { place } = endpoint
    if (outcome === 'ignored' || this.#endpoints[place] !== endpoint) return
    if (outcome === 'failure') {
      this.#observe(place, Math.max(latencyMs, failureFactor * Math.max(this.#expected(place, nowMs), this.#usual)), nowMs)
      return
    }
    const observedMs = Math.max(latencyMs, minLatencyMs)
    if (this.#measured < usualOver) this.#measured++
    this.#usualMs[0] = this.#usual + (observedMs - this.#usual) / this.#measured
    this.#observe(place, observedMs, nowMs)
  }

  get #usual(): number {
    return this.#usualMs[0] as number
  }

  #observe(place: number, observedMs: number, nowMs: number): void {
    const knownMs = this.#ewmaMs[place] as number
    const kept = observedMs > knownMs ? 0 : Math.exp(((this.#atMs[place] as number) - nowMs) / this.#decayMs)
    this.#ewmaMs[place] = observedMs + (knownMs - observedMs) * kept
    this.#atMs[place] = nowMs
  }

  #expected(place: number, nowMs: number): number {
    const knownMs = this.#ewmaMs[place] as number
    if (knownMs === unmeasured) return this.#usual
    const fadedMs = fadedShare * this.#usual
    return fadedMs + (knownMs - fadedMs) * Math.exp(((this.#atMs[place] as number) - nowMs) / this.#decayMs)
  }

  #carryOver(endpoints: readonly Endpoint[]): void {
    const places = (endpoints.at(-1)?.place ?? -1) + 1
    const present = new Array<Endpoint | undefined>(places).fill(undefined)
    for (const endpoint of endpoints) present[endpoint.place] = endpoint
    const ewmaMs = new Float64Array(places).fill(unmeasured)
    const atMs = new Float64Array(places)
    for (let before = 0; before < this.#endpoints.length; before++) {
      const endpoint = this.#endpoints[before]
      if (endpoint === undefined || present[endpoint.place] !== endpoint) continue
      ewmaMs[endpoint.place] = this.#ewmaMs[before] as number
      atMs[endpoint.place] = this.#atMs[before] as number
    }
    this.#endpoints = present
    this.#ewmaMs = ewmaMs
    this.#atMs = atMs
  }
}
