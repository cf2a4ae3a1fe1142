import type { Clock, TimerHandle } from '@hazeljs/core'
import type { ServerResponse } from 'node:http'
import { type ApiFault, statusOf } from './api-fault.js'
import type { SliceChange, StoredSlice } from './slice-store.js'

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

export interface WatchStreamOptions {
  readonly selects: (slice: StoredSlice) => boolean
  /** How the object of an event is shown: as it is, or as a row of a table. */
  readonly show: (slice: StoredSlice) => object
  /** Makes a bookmark's object; `undefined` where the client wants none. */
  readonly bookmark: (() => object) | undefined
  readonly bookmarkIntervalMs: number
  readonly timeoutMs: number
}

/** One open watch: JSON objects, a line each, until its time is over. */
export class WatchStream {
  readonly #response: ServerResponse
  readonly #clock: Clock
  readonly #options: WatchStreamOptions
  readonly #timers = new Set<TimerHandle>()
  #silent = false
  #held: string[] | undefined
  #ended = false

  constructor(response: ServerResponse, clock: Clock, options: WatchStreamOptions) {
    this.#response = response
    this.#clock = clock
    this.#options = options
    response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' })
    response.flushHeaders()
    response.on('close', () => this.#stopTimers())
    this.#after(options.timeoutMs, () => this.end())
    this.#bookmarkLater()
  }

  onClose(listener: () => void): void {
    this.#response.on('close', listener)
  }

  /** A slice that the selector meets from now on was added for this client, and one that it meets no more was deleted. */
  tell({ slice, before, deleted }: SliceChange): void {
    const { selects, show } = this.#options
    const was = before !== undefined && selects(before)
    const is = !deleted && selects(slice)
    if (!was && !is) return
    this.#write(is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED', show(slice))
  }

  tellExisting(slice: StoredSlice): void {
    if (this.#options.selects(slice)) this.#write('ADDED', this.#options.show(slice))
  }

  bookmark(): void {
    if (this.#options.bookmark !== undefined) this.#write('BOOKMARK', this.#options.bookmark())
  }

  /** Tells the fault and ends. */
  fail(fault: ApiFault): void {
    this.#write('ERROR', statusOf(fault))
    this.end()
  }

  /** As when the time is over. */
  end(): void {
    this.#stopTimers()
    this.#ended = true
    if (!this.#silent && this.#held === undefined) this.#response.end()
  }

  /** In the middle of whatever it says. */
  cut(): void {
    this.#response.destroy()
  }

  /** From now on it stays open and says nothing, not even its end. */
  silence(): void {
    this.#silent = true
  }

  /** Keeps what it has to say until it is released. */
  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const line of held) this.#response.write(line)
    if (this.#ended) this.end()
  }

  #write(type: EventType, object: object): void {
    if (this.#silent) return
    const line = `${JSON.stringify({ type, object })}\n`
    if (this.#held === undefined) this.#response.write(line)
    else this.#held.push(line)
  }

  #bookmarkLater(): void {
    this.#after(this.#options.bookmarkIntervalMs, () => {
      this.bookmark()
      this.#bookmarkLater()
    })
  }

  #after(delayMs: number, action: () => void): void {
    const timer = this.#clock.setTimer(
      () => {
        this.#timers.delete(timer)
        action()
      },
      delayMs,
      { background: true },
    )
    this.#timers.add(timer)
  }

  #stopTimers(): void {
    for (const timer of this.#timers) this.#clock.clearTimer(timer)
    this.#timers.clear()
  }
}
