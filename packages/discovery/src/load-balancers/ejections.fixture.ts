import type { Outcome, ServiceInstance } from '../index.js'
import type { HostHealth, HostRecord } from '../health/outlier/host-health.js'

/** Ejects whom a test says, and remembers what it was told. */
export class ScriptedHealth implements HostHealth {
  readonly ejected = new Set<string>()
  readonly doubtful = new Set<string>()
  readonly outcomes: [id: string, outcome: Outcome][] = []

  of({ id }: ServiceInstance): HostRecord {
    const { ejected, doubtful, outcomes } = this
    return {
      get ejected() {
        return ejected.has(id)
      },
      get doubtful() {
        return doubtful.has(id)
      },
      record: (outcome) => outcomes.push([id, outcome]),
    }
  }
}
