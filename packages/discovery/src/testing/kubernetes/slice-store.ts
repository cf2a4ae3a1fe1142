import type { EndpointSlice, SliceMetadata } from '../../backends/kubernetes/endpoint-slice.js'
import { faults } from './api-fault.js'

/** What the API server keeps: the slice with what the server itself writes into it. */
export interface StoredSlice extends EndpointSlice {
  readonly kind: 'EndpointSlice'
  readonly apiVersion: 'discovery.k8s.io/v1'
  readonly metadata: SliceMetadata & { readonly namespace: string; readonly resourceVersion: string }
}

export interface SliceChange {
  readonly revision: number
  readonly slice: StoredSlice
  /** `undefined` for a slice that is new. */
  readonly before: StoredSlice | undefined
  readonly deleted: boolean
}

type ChangeListener = (change: SliceChange) => void

/** Changes remembered for watches that come late; older ones are compacted. */
export const maxHistory = 10_000

/** The slices, in every revision since the last compaction: what etcd and its watch cache are to a cluster. */
export class SliceStore {
  readonly #slices = new Map<string, StoredSlice>()
  readonly #listeners = new Set<ChangeListener>()
  #history: SliceChange[] = []
  #revision = 1
  #compacted = 0

  get revision(): number {
    return this.#revision
  }

  /** Ordered by namespace and name. */
  list(revision = this.#revision): readonly StoredSlice[] {
    if (revision < this.#compacted) throw faults.continueExpired()
    const slices = new Map(this.#slices)
    for (const { slice, before } of this.#history.filter((change) => change.revision > revision).reverse()) {
      if (before === undefined) slices.delete(keyOf(slice.metadata))
      else slices.set(keyOf(slice.metadata), before)
    }
    return [...slices.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slice]) => slice)
  }

  get(namespace: string, name: string): StoredSlice | undefined {
    return this.#slices.get(keyOf({ namespace, name }))
  }

  /** Creates the slice, or replaces the one of that name. */
  put(slice: EndpointSlice, namespace: string, creationTimestamp: string): StoredSlice {
    const before = this.get(namespace, slice.metadata.name)
    const revision = ++this.#revision
    const stored: StoredSlice = {
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      ...slice,
      ...(slice.ports && { ports: slice.ports.map((port) => ({ name: '', protocol: 'TCP', ...port })) }),
      metadata: {
        ...slice.metadata,
        namespace,
        uid: before?.metadata.uid ?? `00000000-0000-4000-8000-${revision.toString(16).padStart(12, '0')}`,
        resourceVersion: String(revision),
        generation: (before?.metadata.generation ?? 0) + 1,
        creationTimestamp: before?.metadata.creationTimestamp ?? creationTimestamp,
      },
    }
    this.#slices.set(keyOf(stored.metadata), stored)
    this.#record({ revision, slice: stored, before, deleted: false })
    return stored
  }

  /** The slice as it was, in the revision of its end; `undefined` when there is none. */
  delete(namespace: string, name: string): StoredSlice | undefined {
    const before = this.get(namespace, name)
    if (before === undefined) return undefined
    const revision = ++this.#revision
    const slice = { ...before, metadata: { ...before.metadata, resourceVersion: String(revision) } }
    this.#slices.delete(keyOf(slice.metadata))
    this.#record({ revision, slice, before, deleted: true })
    return slice
  }

  /** @throws {ApiFaultError} 410 when not all of them are remembered */
  changesSince(revision: number): readonly SliceChange[] {
    if (revision < this.#compacted) throw faults.tooOld(revision, this.#compacted)
    return this.#history.filter((change) => change.revision > revision)
  }

  /** Forgets the changes up to a revision. */
  compact(revision = this.#revision): void {
    this.#compacted = Math.max(this.#compacted, Math.min(revision, this.#revision))
    this.#history = this.#history.filter((change) => change.revision > this.#compacted)
  }

  /** Uses up a revision, as a change to another kind of object does. */
  skipRevision(): void {
    this.#revision++
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #record(change: SliceChange): void {
    this.#history.push(change)
    if (this.#history.length > maxHistory) this.compact(this.#history[0]?.revision)
    for (const listener of this.#listeners) listener(change)
  }
}

/** U+0000 orders a namespace before all that begin with its name. */
function keyOf({ namespace = '', name }: Pick<SliceMetadata, 'namespace' | 'name'>): string {
  return `${namespace}\u0000${name}`
}
