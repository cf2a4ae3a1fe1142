import { ConfigError, type OptionsReader, show, suggest } from '@hazeljs/core'
import { DnsRegistryBackend } from '../dns/dns-registry-backend.js'
import { type DnsOptionsRead, readDnsOptions, withQueries } from '../dns/options.js'
import { type EtcdBackendOptions, readEtcdOptions } from '../etcd/etcd-options.js'
import { EtcdRegistryBackend } from '../etcd/etcd-registry-backend.js'
import {
  defaultMemoryBackend,
  defaultMemoryTtlMs,
  type MemoryBackendOptions,
  MemoryRegistryBackend,
} from '../memory/memory-registry-backend.js'
import type { RegistryBackend } from '../registry-backend.js'
import { StaticRegistryBackend } from '../static/static-registry-backend.js'
import { readStaticServices, type StaticLists, withoutTexts } from '../static/static-services.js'
import type { BackendChoice, BackendName } from './backend-config.js'
import { readConsulByName } from './consul-by-name.js'
import { readKubernetesByName } from './kubernetes-by-name.js'
import type { OpenBackend } from './open-backend.js'
import { readRedisByName } from './redis-by-name.js'

type Reader<Config> = OptionsReader<{ readonly backend?: unknown; readonly backendConfig?: Config }>

const readers: Readonly<Record<BackendName, (options: never) => OpenBackend>> = {
  memory: readMemory,
  redis: readRedisByName,
  consul: readConsulByName,
  etcd: readEtcd,
  kubernetes: readKubernetesByName,
  static: readStatic,
  dns: readDns,
}

export const backendNames = Object.keys(readers) as readonly BackendName[]

/** What opens the backend that the options mean. It may be called once nobody complains of them. */
export function readBackend(options: OptionsReader<BackendChoice>): OpenBackend {
  const given: unknown = options.value('backend')
  const backend = given === undefined ? 'memory' : given
  if (isBackend(backend)) {
    if (options.value('backendConfig') !== undefined) options.add('backendConfig', 'is for a backend by its name; this one is made already')
    return () => ({ backend, owned: false })
  }
  const name = backendNames.find((one) => one === backend)
  if (name !== undefined) return (readers[name] as (options: object) => OpenBackend)(options)
  options.value('backendConfig')
  const hint = typeof backend === 'string' ? `; ${suggest(backend, backendNames)}` : ''
  options.add('backend', `expected the name of a registry or a RegistryBackend, got ${show(backend)}${hint}`)
  return shared
}

/**
 * One that is given beside the options.
 *
 * @throws {ConfigError} for what is no backend.
 */
export function checkBackend(subject: string, given: unknown): void {
  if (given === undefined || isBackend(given)) return
  const hint = typeof given === 'string' ? `; a name stands in the options: { backend: ${show(given)}, backendConfig: { … } }` : ''
  throw new ConfigError(subject, [{ path: 'backend', message: `expected a RegistryBackend, got ${show(given)}${hint}` }])
}

/** A DiscoveryClient lists, too, and is none. */
function isBackend(value: unknown): value is RegistryBackend {
  return typeof value === 'object' && value !== null && 'getInstances' in value && !('acquire' in value)
}

const shared: OpenBackend = () => ({ backend: defaultMemoryBackend, owned: false })

/** What says where a registry is: the config is one's whose name was forgotten. */
const places = ['url', 'host', 'port', 'sentinels', 'cluster', 'endpoints', 'kubeConfigPath', 'services', 'hostname']

function readMemory(options: Reader<MemoryBackendOptions>): OpenBackend {
  const hasPlace = places.some((name) => name in Object(options.value('backendConfig')))
  if (hasPlace && !options.has('backend'))
    options.add('backend', `is missing: whose backendConfig is it? Known are ${backendNames.join(', ')}`)
  const ttl = options.object('backendConfig').duration('ttl', defaultMemoryTtlMs, 1)
  if (!options.has('backendConfig')) return shared
  return (dependencies) => ({ backend: new MemoryRegistryBackend({ ttl }, dependencies?.clock), owned: true })
}

function readEtcd(options: Reader<EtcdBackendOptions>): OpenBackend {
  readEtcdOptions(options.object('backendConfig'))
  const config = options.value('backendConfig') as EtcdBackendOptions
  return (dependencies) => ({ backend: new EtcdRegistryBackend(config, dependencies), owned: true })
}

function readStatic(options: Reader<{ readonly services: StaticLists }>): OpenBackend {
  const config = options.object('backendConfig')
  const services = config.value(config.required('services'))
  const lists = withoutTexts(services ?? {})
  readStaticServices(config.object('services', lists), lists)
  return (dependencies) => ({ backend: new StaticRegistryBackend(services ?? {}, dependencies), owned: true })
}

function readDns(options: Reader<DnsOptionsRead>): OpenBackend {
  const config = options.value('backendConfig') ?? {}
  readDnsOptions(options.object('backendConfig', withQueries(config)))
  return (dependencies) => ({ backend: new DnsRegistryBackend(config, dependencies), owned: true })
}
