import type { Clock, Logger, Random, ServiceInstance, TimerHandle } from '@hazeljs/core'
import type { IncomingMessage } from 'node:http'
import { LineSplitter } from '../line-splitter.js'
import type { WatchSink } from '../shared-watches.js'
import { type Asked, KubernetesApiError, toDiscoveryError } from './api-error.js'
import type { CallOptions, KubernetesApi } from './kubernetes-api.js'
import type { ResolvedKubernetesOptions } from './kubernetes-options.js'
import { Silence } from './silence.js'
import { listSlices } from './slice-list.js'
import type { SliceReader } from './slice-reader.js'
import { WatchedSlices } from './watched-slices.js'

export interface WatchTools {
  readonly api: KubernetesApi
  readonly reader: SliceReader
  readonly options: ResolvedKubernetesOptions
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** What is followed: the slices of one service, in one namespace. */
export interface WatchTarget {
  readonly service: string
  readonly namespace: string
  readonly labelSelector: string
}

/** Nobody waits for a watch's own requests, so they get this many times as long. */
const patience = 5
export const firstPauseMs = 100
/** An API server that is back is noticed within this time. */
export const maxPauseMs = 10_000
/** A stream that lived so long was a good one, even if it had nothing to tell. */
const steadyMs = 5_000

/** A request failed, or a stream told that something is wrong. That a stream ends, breaks off or falls silent is none of these. */
class WatchFault extends Error {
  readonly verb: Asked['verb']

  constructor(verb: Asked['verb'], cause: unknown) {
    super(verb, { cause })
    this.verb = verb
  }
}

/**
 * Follows a service: lists its slices and watches them from the revision of the list. A stream that ends goes on where it was. Where that
 * revision is forgotten, and where a stream was suspiciously silent, the slices are listed anew.
 */
export class SliceWatch {
  readonly #target: WatchTarget
  readonly #sink: WatchSink
  readonly #tools: WatchTools
  #stopped = false
  /** Of the request, or the stream, that is under way. */
  #control = new AbortController()
  #slices: WatchedSlices | undefined
  /** The first list may come from the API server's cache: where nothing is known, that can be no step back. */
  #isFirstList = true
  #told: readonly ServiceInstance[] = []
  #failing = false
  /** Attempts in a row that led to nothing. */
  #attempts = 0
  #pause: { readonly timer: TimerHandle; readonly end: () => void } | undefined

  constructor(target: WatchTarget, sink: WatchSink, tools: WatchTools) {
    this.#target = target
    this.#sink = sink
    this.#tools = tools
    void this.#run()
  }

  stop(): void {
    this.#stopped = true
    this.#control.abort()
    this.#pause?.end()
  }

  async #run(): Promise<void> {
    while (!this.#isStopped()) {
      this.#attempts++ // until something is heard
      let retryAfterMs = 0
      try {
        await this.#follow(this.#slices ?? (await this.#list()))
      } catch (error) {
        if (error instanceof WatchFault) retryAfterMs = this.#onFault(error)
      }
      if (this.#attempts > 0) await this.#rest(retryAfterMs)
    }
  }

  async #list(): Promise<WatchedSlices> {
    const { api, reader } = this.#tools
    const { service } = this.#target
    const request = { ...this.#target, ...this.#callOptions(), fromCache: this.#isFirstList }
    const slices = await asking('list', async () => new WatchedSlices(service, reader, await listSlices(api, request)))
    this.#isFirstList = false
    this.#slices = slices
    // Why somebody is missing in a list is not known.
    this.#tell(slices, new Set())
    return slices
  }

  /** Until the stream ends. */
  async #follow(slices: WatchedSlices): Promise<void> {
    const { api, clock, options } = this.#tools
    const call = this.#callOptions()
    const stream = await asking('watch', () => api.watch(this.#target.namespace, this.#query(slices), call))
    if (this.#failing) this.#tell(slices, new Set())
    const openedMs = clock.now()
    const silence = new Silence(clock, options.idleTimeoutMs, () => call.control.abort())
    try {
      await this.#read(stream, slices, silence)
    } finally {
      silence.end()
      // It goes on in the same revision: a list is what shows whether something was missed, and what heals it.
      if (silence.wasTooLong) this.#slices = undefined
      if (clock.now() - openedMs >= steadyMs) this.#attempts = 0
    }
  }

  async #read(stream: IncomingMessage, slices: WatchedSlices, silence: Silence): Promise<void> {
    const lines = new LineSplitter()
    silence.restart()
    for await (const piece of stream as AsyncIterable<Buffer>) {
      silence.restart()
      this.#take(lines, piece, slices)
    }
  }

  /** What arrives together is told together: an endpoint that moves to another slice is never missing in between. */
  #take(lines: LineSplitter, piece: Uint8Array, slices: WatchedSlices): void {
    let changed = false
    try {
      for (const line of lines.push(piece)) {
        changed = slices.apply(line) || changed
        this.#attempts = 0
      }
    } catch (error) {
      this.#slices = undefined
      throw new WatchFault('watch', error)
    } finally {
      // Who left by an event was taken out on purpose: this is the cluster's word, and not an absence of words.
      if (changed) this.#tell(slices, new Set(this.#told.map(({ id }) => id)))
    }
  }

  #tell(slices: WatchedSlices, deregistered: ReadonlySet<string>): void {
    if (this.#stopped) return
    if (this.#failing) this.#tools.logger.info({ service: this.#target.service }, 'The Kubernetes API server is back')
    this.#failing = false
    this.#told = slices.instances()
    this.#sink.state(this.#told, deregistered)
  }

  /** @returns how long the server asks to wait. */
  #onFault({ verb, cause }: WatchFault): number {
    if (this.#stopped) return 0
    const refusal = cause instanceof KubernetesApiError ? cause : undefined
    if (refusal?.isExpired === true) {
      this.#slices = undefined
      return 0
    }
    this.#failing = true
    const { namespace } = this.#target
    this.#sink.failed(toDiscoveryError(cause, { server: this.#tools.api.server, verb, namespace }))
    return refusal?.retryAfterMs ?? 0
  }

  #query(slices: WatchedSlices): Readonly<Record<string, string>> {
    const { options, random } = this.#tools
    return {
      labelSelector: this.#target.labelSelector,
      resourceVersion: slices.resourceVersion,
      allowWatchBookmarks: 'true',
      // By chance, so that the watches of many clients do not all begin anew at once.
      timeoutSeconds: String(Math.ceil((options.watchTimeoutMs * (1 + random.next())) / 1_000)),
    }
  }

  #callOptions(): CallOptions {
    this.#control = new AbortController()
    if (this.#stopped) this.#control.abort()
    return { control: this.#control, timeoutMs: this.#tools.options.callTimeoutMs * patience, background: true }
  }

  /** Asked anew: it may have been stopped while something was awaited. */
  #isStopped(): boolean {
    return this.#stopped
  }

  #rest(atLeastMs: number): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    const { clock, random } = this.#tools
    const longestMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (this.#attempts - 1))
    const delayMs = Math.max(atLeastMs, longestMs * (0.5 + random.next() / 2))
    return new Promise((resolve) => {
      const end = () => {
        clock.clearTimer(timer)
        resolve()
      }
      const timer = clock.setTimer(end, delayMs, { background: true })
      this.#pause = { timer, end }
    })
  }
}

async function asking<T>(verb: Asked['verb'], ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw new WatchFault(verb, error)
  }
}
