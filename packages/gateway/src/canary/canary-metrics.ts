import type { MetricsSnapshot } from '@hazeljs/resilience'

export type CanaryArmName = 'stable' | 'canary'

/** What one arm of a canary did in the last `evaluationWindow`, on this process. */
export type CanaryArmMetrics = MetricsSnapshot

export type CanaryMetrics = Readonly<Record<CanaryArmName, CanaryArmMetrics>>
