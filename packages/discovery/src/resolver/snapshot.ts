import { isDeepStrictEqual } from 'node:util'
import type { ServiceInstance } from '@hazeljs/core'

/** Frozen, ordered by id: every process that sees the same instances sees them in the same order, whatever the registry's. */
export type Snapshot = readonly ServiceInstance[]

export function toSnapshot(instances: Iterable<ServiceInstance>): Snapshot {
  return Object.freeze([...instances].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)))
}

export interface Difference {
  readonly added: readonly ServiceInstance[]
  readonly removed: readonly ServiceInstance[]
  /** Whether anything but heartbeats differs. */
  readonly changed: boolean
}

/** Both are ordered by id. An instance that moved to another address is in both lists. */
export function difference(before: Snapshot, after: Snapshot): Difference {
  const added: ServiceInstance[] = []
  const removed: ServiceInstance[] = []
  let changed = false
  let b = 0
  let a = 0
  while (b < before.length || a < after.length) {
    const old = before[b]
    const now = after[a]
    if (old !== undefined && (now === undefined || old.id < now.id)) {
      removed.push(old)
      b++
    } else if (now !== undefined && (old === undefined || now.id < old.id)) {
      added.push(now)
      a++
    } else if (old !== undefined && now !== undefined) {
      if (!sameAddress(old, now)) {
        removed.push(old)
        added.push(now)
      } else if (!sameButHeartbeat(old, now)) changed = true
      a++
      b++
    }
  }
  return { added, removed, changed: changed || added.length > 0 || removed.length > 0 }
}

function sameAddress(a: ServiceInstance, b: ServiceInstance): boolean {
  return a === b || (a.host === b.host && a.port === b.port && a.protocol === b.protocol)
}

function sameButHeartbeat(a: ServiceInstance, b: ServiceInstance): boolean {
  if (a === b) return true
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
