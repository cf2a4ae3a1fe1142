import { type Random, resolveOptions, type ServiceInstance } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import type { Outcome } from '@hazeljs/resilience'
import { sampleInstance } from '../../testing/sample-instance.js'
import type { Ejection, Readmission } from './ejection.js'
import { type OutlierOptions, readOutlierOptions } from './options.js'
import { OutlierDetector } from './outlier-detector.js'

export function pool(size: number, differences: Partial<ServiceInstance> = {}): ServiceInstance[] {
  return Array.from({ length: size }, (_, index) => sampleInstance({ port: 3_000 + index, ...differences }))
}

/** No ejection lasts longer than it has to. */
const noJitter: Random = { next: () => 0 }

/** A detector of a pool on a fake clock, with all that it tells. */
export function detecting(size: number, options: OutlierOptions = {}, random: Random = noJitter) {
  const clock = new FakeClock()
  const ejections: Ejection[] = []
  const readmissions: Readmission[] = []
  const told = { changes: 0 }
  const resolved = resolveOptions('Outliers', readOutlierOptions, options)
  const observer = { ejected: (one: Ejection) => ejections.push(one), readmitted: (one: Readmission) => readmissions.push(one) }
  const detector = new OutlierDetector(resolved, clock, random, () => told.changes++, observer)
  const members = pool(size)
  detector.update(members)
  const host = (index: number) => detector.of(members[index] ?? sampleInstance())
  const record = (index: number, outcome: Outcome, times = 1) => {
    for (let time = 0; time < times; time++) host(index).record(outcome)
  }
  const ejected = () => members.flatMap((instance, index) => (detector.of(instance).ejected ? [index] : []))
  return { clock, detector, members, host, record, ejected, ejections, readmissions, told }
}
