import type { MetricsSnapshot } from '@hazeljs/resilience'

/** The known version, or the one that is tried. */
export type CanaryArmName = 'stable' | 'canary'

/** What one arm of a canary did in the last `evaluationWindow`, on this process. */
export type CanaryArmMetrics = MetricsSnapshot

/** Both arms; what `customEvaluator` gets. */
export type CanaryMetrics = Readonly<Record<CanaryArmName, CanaryArmMetrics>>
