import { isDeepStrictEqual } from 'node:util'
import type { ServiceInstance } from '@hazeljs/core'

/** Frozen, ordered by id: every process that sees the same instances sees them in the same order, whatever the registry's. */
export type Snapshot = readonly ServiceInstance[]

/**
 * `before`, the snapshot of what was told last, makes it cheap: instances that are the same objects as in there need not be sorted again,
 * whatever order they are told in.
 */
export function toSnapshot(told: Iterable<ServiceInstance>, before: Snapshot = []): Snapshot {
  const instances = Array.isArray(told) ? (told as readonly ServiceInstance[]) : [...told]
  if (isOrdered(instances, before)) return Object.isFrozen(instances) ? instances : Object.freeze([...instances])
  return Object.freeze(before.length === 0 ? [...instances].sort(byId) : resorted(instances, before))
}

function byId(a: ServiceInstance, b: ServiceInstance): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/** Compares ids only where the objects are not those of `before`, in its order. */
function isOrdered(instances: readonly ServiceInstance[], before: Snapshot): boolean {
  let from = 0
  let last: ServiceInstance | undefined
  for (const instance of instances) {
    const isNext = instance === before[from]
    if (last !== undefined && !(isNext && last === before[from - 1]) && last.id > instance.id) return false
    from = isNext ? from + 1 : after(before, from, instance)
    last = instance
  }
  return true
}

/** The place behind `instance`, or behind those that come before it, from `place` on. */
function after(before: Snapshot, place: number, instance: ServiceInstance): number {
  let next = place
  while (next < before.length && (before[next] as ServiceInstance).id <= instance.id) next++
  return next
}

/** Those that `before` has stay in its order; only the others are sorted, and merged in. */
function resorted(instances: readonly ServiceInstance[], before: Snapshot): ServiceInstance[] {
  const others = new Set(instances)
  const kept = before.filter((instance) => others.delete(instance))
  const fresh = [...others].sort(byId)
  const merged: ServiceInstance[] = []
  let place = 0
  for (const instance of kept) {
    while (place < fresh.length && (fresh[place] as ServiceInstance).id < instance.id) merged.push(fresh[place++] as ServiceInstance)
    merged.push(instance)
  }
  while (place < fresh.length) merged.push(fresh[place++] as ServiceInstance)
  return merged
}

/** Walks through two snapshots side by side: each id once, with what it was and what it is. Equal objects are passed over. */
export function eachDifference(
  before: Snapshot,
  now: Snapshot,
  visit: (was: ServiceInstance | undefined, is: ServiceInstance | undefined) => void,
): void {
  let b = 0
  let n = 0
  while (b < before.length || n < now.length) {
    const was = before[b]
    const is = now[n]
    if (was === is) {
      b++
      n++
    } else if (is === undefined || (was !== undefined && was.id < is.id)) {
      visit(was, undefined)
      b++
    } else if (was === undefined || is.id < was.id) {
      visit(undefined, is)
      n++
    } else {
      visit(was, is)
      b++
      n++
    }
  }
}

/** Those of `before` whose ids `now` does not name. */
export function missing(before: Snapshot, now: Snapshot): readonly ServiceInstance[] {
  const gone: ServiceInstance[] = []
  eachDifference(before, now, (was, is) => {
    if (was !== undefined && is === undefined) gone.push(was)
  })
  return gone
}

export interface Difference {
  readonly added: readonly ServiceInstance[]
  readonly removed: readonly ServiceInstance[]
  /** Whether anything but heartbeats differs. */
  readonly changed: boolean
}

/** An instance that moved to another address is in both lists. */
export function difference(before: Snapshot, now: Snapshot): Difference {
  const added: ServiceInstance[] = []
  const removed: ServiceInstance[] = []
  let changes = 0
  eachDifference(before, now, (was, is) => {
    if (was !== undefined && is !== undefined && sameAddress(was, is)) {
      if (!sameButHeartbeat(was, is)) changes++
      return
    }
    if (was !== undefined) removed.push(was)
    if (is !== undefined) added.push(is)
  })
  return { added, removed, changed: changes + added.length + removed.length > 0 }
}

function sameAddress(a: ServiceInstance, b: ServiceInstance): boolean {
  return a.host === b.host && a.port === b.port && a.protocol === b.protocol
}

function sameButHeartbeat(a: ServiceInstance, b: ServiceInstance): boolean {
  return (
    a.status === b.status &&
    a.zone === b.zone &&
    a.name === b.name &&
    a.registeredAt === b.registeredAt &&
    a.healthCheckPath === b.healthCheckPath &&
    a.healthCheckInterval === b.healthCheckInterval &&
    (a.tags === b.tags || isDeepStrictEqual(a.tags, b.tags)) &&
    (a.metadata === b.metadata || isDeepStrictEqual(a.metadata, b.metadata))
  )
}
