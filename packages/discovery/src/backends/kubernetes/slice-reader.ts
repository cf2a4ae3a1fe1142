import { type ServiceInstance, ServiceStatus, show, toError } from '@hazeljs/core'
import type { CorruptEntries } from '../entry-reader.js'
import { type EndpointConditions, type EndpointSlice, type SliceEndpoint } from './endpoint-slice.js'
import type { ResolvedKubernetesOptions } from './kubernetes-options.js'
import { metadataOf } from './slice-metadata.js'
import { choosePort, type ChosenPort } from './slice-ports.js'

/** How an endpoint stands; the first is the best. */
export const standings = ['ready', 'draining', 'unready', 'gone'] as const
/** `draining`: it terminates and still serves. `gone`: it terminates and serves no more. */
export type Standing = (typeof standings)[number]

/** An address of a slice, as the instance that it is by itself; what the other slices say may change that. */
export interface Candidate {
  readonly standing: Standing
  readonly instance: ServiceInstance
}

export interface ReadSlice {
  readonly name: string
  /** RFC 3339, so that texts compare as times do. */
  readonly created: string
  readonly candidates: readonly Candidate[]
}

const statusOf: Readonly<Record<Standing, ServiceStatus>> = {
  ready: ServiceStatus.UP,
  draining: ServiceStatus.OUT_OF_SERVICE,
  unready: ServiceStatus.DOWN,
  gone: ServiceStatus.OUT_OF_SERVICE,
}

/** Makes instances of what the API server tells. What is no slice, and what in it is no endpoint, is reported and left out. */
export class SliceReader {
  readonly #options: ResolvedKubernetesOptions
  readonly #corrupt: CorruptEntries

  constructor(options: ResolvedKubernetesOptions, corrupt: CorruptEntries) {
    this.#options = options
    this.#corrupt = corrupt
  }

  /** Whose slice it is, by its label. */
  serviceOf(object: unknown): string | undefined {
    return labelsOf(object)[this.#options.serviceLabel]
  }

  /** @param service the name that its instances have */
  read(object: unknown, service: string): ReadSlice | undefined {
    const name = nameOf(object)
    const key = `the EndpointSlice ${name}`
    try {
      const slice = asSlice(object)
      const faults: string[] = []
      const candidates = this.#candidates(slice, service, faults)
      if (faults.length > 0) this.#corrupt.report(key, new Error(faults[0]))
      else this.#corrupt.forget(key)
      return { name, created: slice.metadata.creationTimestamp ?? '', candidates }
    } catch (error) {
      this.#corrupt.report(key, toError(error))
      return undefined
    }
  }

  /** The slice is gone. */
  forget(object: unknown): void {
    this.#corrupt.forget(`the EndpointSlice ${nameOf(object)}`)
  }

  #candidates(slice: EndpointSlice, service: string, faults: string[]): readonly Candidate[] {
    const endpoints = slice.endpoints ?? []
    if (endpoints.length === 0 || !this.#options.addressTypes.includes(slice.addressType)) return []
    const port = choosePort(slice.ports ?? [], this.#options)
    return endpoints.flatMap((endpoint, index) => {
      try {
        return candidatesOf(slice, endpoint, service, port)
      } catch (error) {
        faults.push(`endpoints[${index}]: ${toError(error).message}`)
        return []
      }
    })
  }
}

/** The namespace and name of a slice; as good as it can be told for what is none. */
export function nameOf(object: unknown): string {
  const { namespace, name } = (asObject(asObject(object)?.metadata) ?? {}) as { namespace?: unknown; name?: unknown }
  return `${typeof namespace === 'string' ? namespace : '?'}/${typeof name === 'string' ? name : '?'}`
}

function candidatesOf(slice: EndpointSlice, endpoint: SliceEndpoint, service: string, { port, protocol }: ChosenPort): Candidate[] {
  const { addresses, zone } = must('endpoint', endpoint, asObject(endpoint) !== undefined)
  must('addresses', addresses, Array.isArray(addresses) && addresses.length > 0)
  must('zone', zone, zone === undefined || typeof zone === 'string')
  const standing = standingOf(endpoint.conditions ?? {})
  const metadata = metadataOf(slice.metadata, endpoint)
  return addresses.map((host) => ({
    standing,
    instance: Object.freeze<ServiceInstance>({
      id: `${service}:${must('address', host, typeof host === 'string' && host !== '')}:${port}`,
      name: service,
      host,
      port,
      protocol,
      metadata,
      ...(zone !== undefined && zone !== '' && { zone }),
      tags: noTags,
      status: statusOf[standing],
      lastHeartbeat: 0,
      registeredAt: 0,
    }),
  }))
}

const noTags: readonly string[] = Object.freeze([])

/** `ready` is told as true of a terminating endpoint only where the Service publishes addresses that are not ready: it wants them called. */
function standingOf({ ready, serving, terminating }: EndpointConditions): Standing {
  if (ready === true) return 'ready'
  if (terminating !== true) return ready === false ? 'unready' : 'ready'
  return serving === true ? 'draining' : 'gone'
}

function asSlice(object: unknown): EndpointSlice {
  const slice = asObject(object)
  if (slice === undefined) throw new Error(`expected an object, got ${show(object)}`)
  must('metadata', slice.metadata, asObject(slice.metadata) !== undefined)
  for (const part of ['endpoints', 'ports'])
    must(part, slice[part], slice[part] === undefined || slice[part] === null || Array.isArray(slice[part]))
  return object as EndpointSlice
}

function labelsOf(object: unknown): Readonly<Record<string, string>> {
  const labels = asObject(asObject(asObject(object)?.metadata)?.labels)
  return (labels ?? {}) as Readonly<Record<string, string>>
}

function must<T>(part: string, value: T, holds: boolean): T {
  if (!holds) throw new Error(`${part} is ${show(value)}`)
  return value
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
}
