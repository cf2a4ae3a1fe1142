import type { Clock, Random, ServiceInstance } from '@hazeljs/core'
import type { ResolvedCallerChecks } from '../health/active/caller-checks.js'
import { CheckedHosts, type CheckObserver } from '../health/active/checked-hosts.js'
import type { CheckConnector } from '../health/active/instance-check.js'
import type { OutlierObserver } from '../health/outlier/ejection.js'
import type { HostHealth } from '../health/outlier/host-health.js'
import type { ResolvedOutlierOptions } from '../health/outlier/options.js'
import type { Subsets } from './subset.js'
import { viewOutliers } from './view-outliers.js'

/** Which of a service's instances are fit, for all its subsets. */
export interface ViewHealth extends HostHealth {
  update(members: readonly ServiceInstance[]): void
  close(): void
}

export interface HealthOptions {
  readonly outliers: ResolvedOutlierOptions | undefined
  readonly checks: ResolvedCallerChecks | undefined
  readonly checkConnector: CheckConnector | undefined
}

/** `undefined` where nobody judges. Subsets are refreshed whenever the verdict on somebody changes. */
export function viewHealth(
  { outliers, checks, checkConnector }: HealthOptions,
  clock: Clock,
  random: Random,
  subsets: () => Subsets,
  observer: Required<OutlierObserver> & CheckObserver,
): ViewHealth | undefined {
  const detector = outliers && viewOutliers(outliers, clock, random, subsets, observer)
  if (checks === undefined) return detector
  const onChange = () => subsets().refresh()
  return new CheckedHosts(checks, { outliers: detector, connector: checkConnector, clock, random, onChange, observer })
}
