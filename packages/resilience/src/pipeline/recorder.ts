import { type Clock, durationText } from '@hazeljs/core'
import type { PolicyDescription } from '../description.js'
import type { MetricsCollector } from '../metrics/metrics-collector.js'
import { recorded } from '../metrics/recorded.js'
import { judgeResult, type ResultPredicate } from '../outcome.js'
import { type Call, type CallContext, type CallOptions, enter, type Policy } from '../policy.js'

/** Feeds a collector with what comes out of everything inside it. */
export class Recorder implements Policy {
  readonly #metrics: MetricsCollector
  readonly #clock: Clock
  readonly #isFailure: ((result: unknown) => boolean) | undefined

  constructor(metrics: MetricsCollector, clock: Clock, resultPredicate: ResultPredicate | undefined) {
    this.#metrics = metrics
    this.#clock = clock
    this.#isFailure = resultPredicate && ((result) => judgeResult(result, resultPredicate) === 'failure')
  }

  execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    const callContext = enter(call, context)
    return recorded(this.#metrics, this.#clock, callContext, async () => call(callContext), this.#isFailure)
  }

  describe(): PolicyDescription {
    return { policy: 'Recorder', summary: `metrics of the last ${durationText(this.#metrics.windowMs)}` }
  }
}
