import type { BackendName } from '../config.js'
import { defaultMemoryBackend } from './memory/memory-registry-backend.js'
import type { RegistryBackend } from './registry-backend.js'

/** The backend that a checked config means. */
export function resolveBackend(backend: RegistryBackend | BackendName | undefined): RegistryBackend {
  return typeof backend === 'object' ? backend : defaultMemoryBackend
}
