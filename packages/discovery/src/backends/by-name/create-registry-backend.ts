import { resolveOptions } from '@hazeljs/core'
import type { BackendDependencies } from '../backend-dependencies.js'
import type { RegistryBackend } from '../registry-backend.js'
import type { BackendChoice } from './backend-config.js'
import { readBackend } from './read-backend.js'

/**
 * The backend that `backend` and `backendConfig` mean, as in a `DiscoveryClientConfig`: to share one, made by its name, between clients and
 * registrations. Close it when nobody uses it any more.
 *
 * @throws {ConfigError} for options that are wrong, and for a package that is not installed.
 */
export function createRegistryBackend(config: BackendChoice, dependencies?: BackendDependencies): RegistryBackend {
  return resolveOptions('createRegistryBackend', readBackend, config)(dependencies).backend
}
