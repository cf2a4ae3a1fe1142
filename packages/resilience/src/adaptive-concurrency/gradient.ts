/** What was measured in one window. */
export interface MeasuredWindow {
  /** The median of the successful calls. `undefined`: there were none. */
  readonly latencyMs: number | undefined
  /** The most calls that were under way at once. */
  readonly peak: number
  /** Of the calls that ended, those that ended by overload; from 0 to 1. */
  readonly dropShare: number
  /** Whether this process itself was too busy to measure anybody's latency but its own. */
  readonly overloaded: boolean
}

export interface GradientOptions {
  readonly initial: number
  readonly min: number
  readonly max: number
  /** How many times the baseline the latency may be before it counts as queueing. */
  readonly tolerance: number
  /** Windows at the limit between two probes. */
  readonly probeEvery: number
}

interface Mark {
  readonly limit: number
  readonly latencyMs: number
}

/** Part of the way to its goal that the limit goes in a window. */
const smoothing = 0.2
const leastGradient = 0.5
/** The queue that may form at the target while it is quick: it finds out whether there is room for more. */
const leastHeadroom = 4
/** What remains of the limit, before smoothing, when the event loop is overloaded. */
const overloadedShare = 0.8
/** Weight of a window in the baseline. */
const baselineWeight = 0.05
/** Windows with up to this many times the concurrency of the baseline's tell of the same latency. */
const comparable = 1.1
/** Twice the calls would take twice as long where they queue: where they are not even slow, it is the baseline that was off. */
const telling = 2
/** Queueing shrinks with the limit; a latency of which more than this is left at half of the limit is the target's own. */
const ownShare = 0.75
/** A latency of which less than this is left at half of the limit was queueing. */
const queuedShare = 0.65
/** In the first window of a probe calls end that began before it. */
const probeWindows = 2
/** After the start, and after a probe that found a queue, the next comes sooner: after this part of the time. */
const soon = 1 / 12

/**
 * A concurrency limit that follows the latency: numbers in, limit out.
 *
 * After Netflix's Gradient2, `limit · gradient + headroom`, smoothed, where the gradient is the baseline over the recent latency, within
 * bounds. It differs where that goes wrong:
 * - Headroom is added only while the gradient is 1, or the limit drifts up under modest overload (concurrency-limits #134).
 * - The baseline is not learned while the limit falls, and from somewhat more calls at once only where they are quicker: an average
 *   over everything takes lasting overload for normal.
 * - Where half the limit leaves the latency as it was, it is the target's own: it becomes the baseline, and the limit can recover.
 * - A limit that is too high from the start would take its queue for usual. So at the limit half of it is tried now and then.
 * - Latency is that of successes; what ended by overload takes its share of the limit instead (#137: timeouts are of constant latency).
 */
export class Gradient {
  readonly #options: GradientOptions
  #limit: number
  #gradient = 1
  #baselineMs: number | undefined
  /** The concurrency that the baseline belongs to. */
  #baselinePeak = 0
  /** Where the limit and the latency were when it began to fall. */
  #fall: Mark | undefined
  /** Where they were before the probe that goes on. */
  #probed: Mark | undefined
  #probeEnds = 0
  #untilProbe: number

  constructor(options: GradientOptions) {
    this.#options = options
    this.#limit = options.initial
    this.#untilProbe = soon * options.probeEvery
  }

  /** Whole calls. */
  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** Of the last window: 1 where the latency is as usual, less where calls queue, drop, or the event loop is overloaded. */
  get gradient(): number {
    return this.#gradient
  }

  get baselineMs(): number | undefined {
    return this.#baselineMs
  }

  update(window: MeasuredWindow): void {
    const latencyMs = window.overloaded ? undefined : window.latencyMs
    if (this.#probed !== undefined) {
      if (--this.#probeEnds === 0) this.#concludeProbe(this.#probed, latencyMs, window.peak)
      return
    }
    const atLimit = window.peak >= this.limit
    if (latencyMs !== undefined) this.#learn(latencyMs, window.peak)
    this.#adjust(window, latencyMs)
    if (atLimit && latencyMs !== undefined && this.#fall === undefined && --this.#untilProbe <= 0) this.#probe(latencyMs)
  }

  #adjust({ peak, dropShare, overloaded }: MeasuredWindow, latencyMs: number | undefined): void {
    const inUse = latencyMs !== undefined && peak >= this.limit / 2
    const latencyGradient = inUse && this.#isSlow(latencyMs) ? this.#bearableMs / latencyMs : 1
    const gradient = Math.max(leastGradient, latencyGradient * (1 - dropShare) * (overloaded ? overloadedShare : 1))
    const headroom = inUse && latencyGradient === 1 ? Math.max(leastHeadroom, Math.sqrt(this.#limit)) : 0
    this.#gradient = gradient
    this.#moveTo(this.#limit + smoothing * (this.#limit * gradient + headroom - this.#limit))
  }

  #moveTo(limit: number): void {
    this.#limit = Math.min(this.#options.max, Math.max(this.#options.min, limit))
  }

  #learn(latencyMs: number, peak: number): void {
    if (this.#baselineMs === undefined) this.#rebase(latencyMs, peak)
    else if (this.#isSlow(latencyMs)) this.#learnWhileSlow(latencyMs, peak)
    else {
      this.#fall = undefined
      if (peak >= this.#baselinePeak * telling) this.#rebase(latencyMs, peak)
      else if (peak <= this.#baselinePeak * comparable || latencyMs < this.#baselineMs) {
        this.#baselineMs += baselineWeight * (latencyMs - this.#baselineMs)
        this.#baselinePeak += baselineWeight * (peak - this.#baselinePeak)
      }
    }
  }

  #learnWhileSlow(latencyMs: number, peak: number): void {
    const fall = this.#fall
    if (fall !== undefined && this.#limit > Math.max(this.#options.min, fall.limit / 2)) return
    if (fall !== undefined && latencyMs > fall.latencyMs * ownShare) this.#rebase(latencyMs, peak)
    else this.#fall = { limit: this.#limit, latencyMs }
  }

  #rebase(latencyMs: number, peak: number): void {
    this.#baselineMs = latencyMs
    this.#baselinePeak = peak
    this.#fall = undefined
  }

  #probe(latencyMs: number): void {
    this.#probed = { limit: this.#limit, latencyMs }
    this.#probeEnds = probeWindows
    this.#untilProbe = this.#options.probeEvery
    this.#moveTo(this.#limit / 2)
  }

  #concludeProbe(before: Mark, latencyMs: number | undefined, peak: number): void {
    this.#probed = undefined
    if (latencyMs === undefined || latencyMs >= before.latencyMs * queuedShare) this.#limit = before.limit
    else {
      this.#rebase(latencyMs, peak)
      this.#untilProbe = soon * this.#options.probeEvery
    }
  }

  #isSlow(latencyMs: number): boolean {
    return latencyMs > this.#bearableMs
  }

  /** The latency up to which nothing queues; 0 as long as nothing is known. */
  get #bearableMs(): number {
    return this.#options.tolerance * (this.#baselineMs ?? 0)
  }
}
