import { type ServiceInstance, show } from '@hazeljs/core'
import { refusalIn } from './api-error.js'
import { mergeSlices } from './merge-slices.js'
import type { SliceList } from './slice-list.js'
import { nameOf, type ReadSlice, type SliceReader } from './slice-reader.js'

/** The slices of a service, as a list and the watch after it told them. */
export class WatchedSlices {
  readonly #service: string
  readonly #reader: SliceReader
  readonly #slices = new Map<string, ReadSlice>()
  #resourceVersion: string

  constructor(service: string, reader: SliceReader, { items, resourceVersion }: SliceList) {
    this.#service = service
    this.#reader = reader
    this.#resourceVersion = resourceVersion
    for (const item of items) this.#put(item)
  }

  /** From where a watch goes on. Opaque. */
  get resourceVersion(): string {
    return this.#resourceVersion
  }

  instances(): readonly ServiceInstance[] {
    return mergeSlices(this.#slices.values())
  }

  /**
   * Takes an event of the watch in.
   *
   * @returns whether it is about slices: a bookmark is not.
   * @throws {KubernetesApiError} that an ERROR event carries.
   * @throws {Error} for a line that is no event.
   */
  apply(line: string): boolean {
    const event = JSON.parse(line) as { readonly type?: unknown; readonly object?: unknown } | null
    const object = event?.object
    switch (event?.type) {
      case 'ADDED':
      case 'MODIFIED':
        this.#put(object)
        break
      case 'DELETED':
        this.#slices.delete(nameOf(object))
        this.#reader.forget(object)
        break
      case 'BOOKMARK':
        break
      case 'ERROR':
        throw refusalIn(object)
      default:
        throw new Error(`the watch told an event of type ${show(event?.type)}`)
    }
    this.#advance(object)
    return event.type !== 'BOOKMARK'
  }

  #put(object: unknown): void {
    const slice = this.#reader.read(object, this.#service)
    if (slice === undefined) this.#slices.delete(nameOf(object))
    else this.#slices.set(slice.name, slice)
  }

  #advance(object: unknown): void {
    const { metadata } = (object ?? {}) as { readonly metadata?: { readonly resourceVersion?: unknown } }
    const version = metadata?.resourceVersion
    if (typeof version === 'string' && version !== '') this.#resourceVersion = version
  }
}
