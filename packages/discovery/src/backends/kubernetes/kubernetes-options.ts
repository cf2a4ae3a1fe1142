import { type Duration, type OptionsReader, resolveOptions, type ServiceProtocol, show } from '@hazeljs/core'
import { type AddressType, serviceNameLabel } from './endpoint-slice.js'
import type { KubernetesConfig } from './kubernetes-config.js'

export interface KubernetesBackendOptions {
  /** Where services are looked for that name no namespace. Default: that of the kubeconfig's context, which in a cluster is the pod's own; else `default`. */
  readonly namespace?: string
  /** Which EndpointSlices count, besides being the service's: `'app.kubernetes.io/managed-by=hazeljs,track in (a, b)'`. Default: all of them. */
  readonly labelSelector?: string
  /** The name of the port that is called. Default: the only port; of several the first that is called, or said to be, http, https or grpc; else the first. */
  readonly portName?: string
  /** Default: what the port's `appProtocol`, or else its name, says; `http` where neither does. */
  readonly protocol?: ServiceProtocol
  /** Which addresses count. Default: all. A pod of a dual-stack service has two, and is two instances unless one kind is chosen. */
  readonly addressTypes?: readonly AddressType[]
  /**
   * The label by which slices belong to a service. Default `kubernetes.io/service-name`: the Kubernetes Service's name. With another, such as
   * `app`, several Kubernetes Services make one service together: one for each version, say.
   */
  readonly serviceLabel?: string
  /** A request that takes longer fails; those of a watch may take five times as long. At least 1 ms. Default 4 s. */
  readonly callTimeout?: Duration
  /** How long a watch asks its stream to last; up to twice as long, by chance. At least 1 s. Default 5 min. */
  readonly watchTimeout?: Duration
  /** A watch that hears nothing for so long, not even a bookmark, lists anew. At least 10 ms. Default 2 min; kube-apiserver sends a bookmark each minute. */
  readonly idleTimeout?: Duration
}

export interface ResolvedKubernetesOptions {
  readonly namespace: string
  readonly labelSelector: string | undefined
  readonly portName: string | undefined
  readonly protocol: ServiceProtocol | undefined
  readonly addressTypes: readonly AddressType[]
  readonly serviceLabel: string
  readonly callTimeoutMs: number
  readonly watchTimeoutMs: number
  readonly idleTimeoutMs: number
}

export const defaultNamespace = 'default'
/** Below the time in which a `DiscoveryClient` wants a listing, so that the error that names the cause wins. */
export const defaultCallTimeoutMs = 4_000
export const defaultWatchTimeoutMs = 300_000
export const minWatchTimeoutMs = 1_000
export const defaultIdleTimeoutMs = 120_000
export const minIdleTimeoutMs = 10
export const allAddressTypes: readonly AddressType[] = ['IPv4', 'IPv6', 'FQDN']

const protocols: readonly unknown[] = ['http', 'https', 'grpc'] satisfies readonly ServiceProtocol[]
const configMethods = [
  'getCurrentContext',
  'getContextObject',
  'getCurrentCluster',
  'applyToHTTPSOptions',
] satisfies readonly (keyof KubernetesConfig)[]
/** RFC 1123. */
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const labelKey = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/

/** @throws {ConfigError} listing everything that is wrong. */
export function resolveKubernetesOptions(config: unknown, options: KubernetesBackendOptions): ResolvedKubernetesOptions {
  return resolveOptions('KubernetesRegistryBackend', (reader) => read(config, reader), options)
}

function read(config: unknown, reader: OptionsReader<KubernetesBackendOptions>): ResolvedKubernetesOptions {
  const fits = isConfig(config)
  if (!fits) reader.add('kubeConfig', `expected a KubeConfig of @kubernetes/client-node, got ${show(config)}`)
  return readKubernetesOptions(reader, fits ? config.getContextObject(config.getCurrentContext())?.namespace : undefined)
}

/** @param ownNamespace that of the kubeconfig's context */
export function readKubernetesOptions(
  reader: OptionsReader<KubernetesBackendOptions>,
  ownNamespace: string | undefined,
): ResolvedKubernetesOptions {
  return {
    namespace: readMatching(reader, 'namespace', dnsLabel, 'the name of a namespace') ?? ownNamespace ?? defaultNamespace,
    labelSelector: readMatching(reader, 'labelSelector', /\S/, "a label selector such as 'app=orders'"),
    portName: readMatching(reader, 'portName', dnsLabel, 'the name of a port'),
    protocol: readProtocol(reader),
    addressTypes: readAddressTypes(reader),
    serviceLabel: readMatching(reader, 'serviceLabel', labelKey, "the key of a label such as 'app'") ?? serviceNameLabel,
    callTimeoutMs: reader.duration('callTimeout', defaultCallTimeoutMs, 1),
    watchTimeoutMs: reader.duration('watchTimeout', defaultWatchTimeoutMs, minWatchTimeoutMs),
    idleTimeoutMs: reader.duration('idleTimeout', defaultIdleTimeoutMs, minIdleTimeoutMs),
  }
}

function isConfig(config: unknown): config is KubernetesConfig {
  if (typeof config !== 'object' || config === null) return false
  return configMethods.every((method) => typeof (config as Partial<KubernetesConfig>)[method] === 'function')
}

function readMatching(
  reader: OptionsReader<KubernetesBackendOptions>,
  name: 'namespace' | 'labelSelector' | 'portName' | 'serviceLabel',
  pattern: RegExp,
  kind: string,
): string | undefined {
  const value: unknown = reader.value(name)
  if (value === undefined || (typeof value === 'string' && pattern.test(value))) return value
  reader.add(name, `expected ${kind}, got ${show(value)}`)
  return undefined
}

function readProtocol(reader: OptionsReader<KubernetesBackendOptions>): ServiceProtocol | undefined {
  const value: unknown = reader.value('protocol')
  if (value === undefined || protocols.includes(value)) return value as ServiceProtocol | undefined
  reader.add('protocol', `expected one of ${protocols.map(show).join(', ')}, got ${show(value)}`)
  return undefined
}

function readAddressTypes(reader: OptionsReader<KubernetesBackendOptions>): readonly AddressType[] {
  const value: unknown = reader.value('addressTypes')
  if (value === undefined) return allAddressTypes
  const known: readonly unknown[] = allAddressTypes
  if (Array.isArray(value) && value.length > 0 && value.every((type) => known.includes(type))) return value as AddressType[]
  reader.add('addressTypes', `expected a list of ${allAddressTypes.map(show).join(', ')}, got ${show(value)}`)
  return allAddressTypes
}
