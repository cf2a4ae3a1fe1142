import type { DnsBackendOptions } from '../dns/options.js'
import type { EtcdBackendOptions } from '../etcd/etcd-options.js'
import type { MemoryBackendOptions } from '../memory/memory-registry-backend.js'
import type { RegistryBackend } from '../registry-backend.js'
import type { StaticServices } from '../static/static-services.js'
import type { ConsulBackendConfig } from './consul-by-name.js'
import type { KubernetesBackendConfig } from './kubernetes-by-name.js'
import type { RedisBackendConfig } from './redis-by-name.js'

export interface StaticBackendConfig {
  readonly services: StaticServices
}

/** What `backendConfig` is for each name of a backend. */
export interface BackendConfigs {
  readonly memory: MemoryBackendOptions
  readonly redis: RedisBackendConfig
  readonly consul: ConsulBackendConfig
  readonly etcd: EtcdBackendOptions
  readonly kubernetes: KubernetesBackendConfig
  readonly static: StaticBackendConfig
  readonly dns: DnsBackendOptions
}

/** Registries that are known by name. */
export type BackendName = keyof BackendConfigs

type Named<N extends BackendName> = {
  readonly [Name in N]: Partial<BackendConfigs[Name]> extends BackendConfigs[Name]
    ? { readonly backend: Name; readonly backendConfig?: BackendConfigs[Name] }
    : { readonly backend: Name; readonly backendConfig: BackendConfigs[Name] }
}[N]

/**
 * Which registry: a backend, which stays its giver's to close, or the name of one with its options, which is made, and closed by whoever the
 * config is for. The package of its client has to be installed: `ioredis`, `consul` or `@kubernetes/client-node`.
 *
 * Default: `'memory'`. Without a `backendConfig` that is the one which all clients and registrations of this process share.
 */
export type BackendChoice =
  | Named<Exclude<BackendName, 'memory'>>
  | { readonly backend?: 'memory'; readonly backendConfig?: MemoryBackendOptions }
  | { readonly backend: RegistryBackend; readonly backendConfig?: never }
