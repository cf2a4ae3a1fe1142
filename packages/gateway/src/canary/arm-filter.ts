import type { ServiceFilter } from '@hazeljs/core'
import type { CanaryArm } from '../config/canary-config.js'

/** Which instances make up an arm: those of its filter, else those whose `metadata.version` is its version. */
export function armFilter({ version, filter }: CanaryArm): ServiceFilter {
  return filter ?? { metadata: { version } }
}
