import {
  guardLogger,
  type Logger,
  type ServiceFilter,
  type ServiceInstance,
  type ServiceStatus,
  silentLogger,
  systemClock,
  systemRandom,
} from '@hazeljs/core'
import { matches } from '../../filter.js'
import { toSnapshot } from '../../resolver/snapshot.js'
import type { BackendDependencies } from '../backend-dependencies.js'
import { CorruptEntries } from '../entry-reader.js'
import { refuseChange } from '../read-only.js'
import type { RegistryBackend, RegistryListener } from '../registry-backend.js'
import { SharedWatches, type WatchSink } from '../shared-watches.js'
import { toDiscoveryError } from './api-error.js'
import { serviceNameLabel } from './endpoint-slice.js'
import { KubernetesApi } from './kubernetes-api.js'
import type { KubernetesConfig } from './kubernetes-config.js'
import { type KubernetesBackendOptions, type ResolvedKubernetesOptions, resolveKubernetesOptions } from './kubernetes-options.js'
import { mergeSlices } from './merge-slices.js'
import { listSlices } from './slice-list.js'
import { SliceReader } from './slice-reader.js'
import { SliceWatch, type WatchTarget } from './slice-watch.js'

/** What a label can say. */
const labelValue = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
/** `orders`, or `orders.shop` of the namespace shop: neither name holds a dot. */
const qualifiedName = /^([a-z0-9-]+)\.([a-z0-9-]+)$/

/**
 * Finds the pods behind Kubernetes Services: their EndpointSlices, listed and watched. A service's name is the Kubernetes Service's; one of another
 * namespace is `orders.shop`. Who is in a service and who is ready is decided by Kubernetes, so the registry is only read.
 *
 * It needs the right to get, list and watch `endpointslices` of `discovery.k8s.io` in each namespace that is asked for.
 */
export class KubernetesRegistryBackend implements RegistryBackend {
  /** Kubernetes takes instances out itself. */
  readonly ttlMs = undefined
  readonly #options: ResolvedKubernetesOptions
  readonly #api: KubernetesApi
  readonly #reader: SliceReader
  readonly #watches: SharedWatches

  /**
   * @param kubeConfig a `KubeConfig` of `@kubernetes/client-node`, loaded
   * @throws {ConfigError} for options that are wrong.
   */
  constructor(kubeConfig: KubernetesConfig, options: KubernetesBackendOptions = {}, dependencies: BackendDependencies = {}) {
    const { clock = systemClock, random = systemRandom, logger } = dependencies
    this.#options = resolveKubernetesOptions(kubeConfig, options)
    this.#api = new KubernetesApi(kubeConfig, clock)
    this.#reader = new SliceReader(this.#options, new CorruptEntries('Kubernetes', logger))
    const guarded: Logger = guardLogger(logger ?? silentLogger)
    this.#watches = new SharedWatches((service, sink) => {
      const tools = { api: this.#api, reader: this.#reader, options: this.#options, clock, random, logger: guarded }
      return follow(this.#target(service), sink, (target) => new SliceWatch(target, sink, tools))
    })
  }

  /** @throws {DiscoveryError} `READ_ONLY_REGISTRY`, always. */
  register(): Promise<void> {
    return refuse()
  }

  /** @throws {DiscoveryError} `READ_ONLY_REGISTRY`, always. */
  deregister(): Promise<void> {
    return refuse()
  }

  /** @throws {DiscoveryError} `READ_ONLY_REGISTRY`, always. */
  heartbeat(): Promise<boolean> {
    return refuse()
  }

  /** @throws {DiscoveryError} `READ_ONLY_REGISTRY`, always. */
  updateStatus(_id: string, _status: ServiceStatus): Promise<void> {
    return refuse()
  }

  /** Nothing to do: Kubernetes does it. */
  cleanup(): Promise<void> {
    return Promise.resolve()
  }

  /** @throws {DiscoveryError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`. */
  async getInstances(name: string, filter: ServiceFilter = {}): Promise<readonly ServiceInstance[]> {
    const target = this.#target(name)
    if (target === undefined) return []
    const items = await this.#list(target.namespace, target.labelSelector)
    const slices = items.map((item) => this.#reader.read(item, name)).filter((slice) => slice !== undefined)
    return toSnapshot(mergeSlices(slices).filter((instance) => matches(instance, filter)))
  }

  /** @throws {DiscoveryError} as {@link getInstances}. */
  async getInstance(id: string): Promise<ServiceInstance | null> {
    const [name = ''] = id.split(':')
    return (await this.getInstances(name)).find((instance) => instance.id === id) ?? null
  }

  /** Those of the namespace that was configured. @throws {DiscoveryError} as {@link getInstances}. */
  async getAllServices(): Promise<readonly string[]> {
    const items = await this.#list(this.#options.namespace, this.#selector(this.#options.serviceLabel))
    const names = new Set<string>()
    for (const item of items) {
      const name = this.#reader.serviceOf(item)
      if (name === undefined || names.has(name)) continue
      const slice = this.#reader.read(item, name)
      if (slice !== undefined && slice.candidates.length > 0) names.add(name)
    }
    return [...names].sort()
  }

  watch(name: string, listener: RegistryListener): () => void {
    return this.#watches.watch(name, listener)
  }

  close(): Promise<void> {
    this.#watches.close()
    return Promise.resolve()
  }

  async #list(namespace: string, labelSelector: string): Promise<readonly unknown[]> {
    const options = { control: new AbortController(), timeoutMs: this.#options.callTimeoutMs, background: false }
    try {
      // Not from the cache: whoever asks anew wants a second opinion on what the watch told.
      return (await listSlices(this.#api, { namespace, labelSelector, fromCache: false, ...options })).items
    } catch (error) {
      throw toDiscoveryError(error, { server: this.#api.server, verb: 'list', namespace })
    }
  }

  /** Where a service is looked for; `undefined` for a name that none can have. */
  #target(service: string): WatchTarget | undefined {
    const { serviceLabel } = this.#options
    const qualified = serviceLabel === serviceNameLabel ? qualifiedName.exec(service) : null
    const [name = service, namespace = this.#options.namespace] = qualified?.slice(1) ?? []
    if (!labelValue.test(name)) return undefined
    return { service, namespace, labelSelector: this.#selector(`${serviceLabel}=${name}`) }
  }

  #selector(requirement: string): string {
    const { labelSelector } = this.#options
    return labelSelector === undefined ? requirement : `${requirement},${labelSelector}`
  }
}

function follow(target: WatchTarget | undefined, sink: WatchSink, open: (target: WatchTarget) => SliceWatch): () => void {
  if (target === undefined) {
    sink.state([])
    return () => undefined
  }
  const watch = open(target)
  return () => watch.stop()
}

function refuse(): Promise<never> {
  return refuseChange(
    'Kubernetes',
    'Deploy pods behind a Service instead: its selector decides who is in it, and readiness probes who is UP',
  )
}
