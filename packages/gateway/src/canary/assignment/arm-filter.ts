import type { ServiceFilter } from '@hazeljs/core'
import type { CanaryArm } from '../../config/canary-config.js'
import type { VersionRouteConfig } from '../../config/version-config.js'

/**
 * Which instances make up an arm: those of its filter, else those of the route's version of this name, else those whose `metadata.version` is
 * its version.
 */
export function armFilter({ version, filter }: CanaryArm, versionRoute?: VersionRouteConfig): ServiceFilter {
  return filter ?? versionRoute?.routes[version]?.filter ?? { metadata: { version } }
}
