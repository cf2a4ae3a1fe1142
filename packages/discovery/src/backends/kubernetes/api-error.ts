import { durationText, show } from '@hazeljs/core'
import type { IncomingHttpHeaders } from 'node:http'
import { DiscoveryError } from '../../errors.js'

const expired = 410

/** The API server took a request, or a watch, and said no: with an HTTP status and a `Status` object. */
export class KubernetesApiError extends Error {
  override readonly name = 'KubernetesApiError'
  readonly status: number
  /** How long the server asks to wait. */
  readonly retryAfterMs: number | undefined

  constructor(status: number, message: string, retryAfterMs?: number) {
    super(message)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }

  /** The revision, or the place in a list, is forgotten: list anew. */
  get isExpired(): boolean {
    return this.status === expired
  }
}

/** @param text the body, which says why where it is a `Status` */
export function refusalOf(status: number, headers: IncomingHttpHeaders, text: string): KubernetesApiError {
  const seconds = Number(headers['retry-after'])
  return new KubernetesApiError(status, messageOf(text), seconds > 0 ? seconds * 1_000 : undefined)
}

/** Of the object of an ERROR event. */
export function refusalIn(object: unknown): KubernetesApiError {
  const { code, message } = (typeof object === 'object' && object !== null ? object : {}) as { code?: unknown; message?: unknown }
  return new KubernetesApiError(typeof code === 'number' ? code : 500, typeof message === 'string' ? message : show(object))
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    if (typeof message === 'string') return message
  } catch {
    // not a Status: a proxy on the way, say
  }
  return text.slice(0, 200)
}

/** The request took longer than it may. */
export class CallTimeoutError extends Error {
  constructor(afterMs: number) {
    super(`no answer within ${durationText(afterMs)}`)
  }
}

/** What was asked of whom, for messages. */
export interface Asked {
  readonly server: string
  readonly verb: 'list' | 'watch'
  readonly namespace: string
}

const rule = "{ apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] }"

/** What users are told of a failure: what was asked, what came of it, and what to do. */
export function toDiscoveryError(failure: unknown, { server, verb, namespace }: Asked): DiscoveryError {
  if (failure instanceof DiscoveryError) return failure
  const cause = { cause: failure }
  const asked = `${verb} endpointslices.discovery.k8s.io in the namespace ${namespace}`
  if (failure instanceof KubernetesApiError) {
    const { status, message } = failure
    if (status === 401) {
      const advice = 'Is its token, or its certificate, still valid, and for this cluster?'
      return new DiscoveryError(
        'REGISTRY_REFUSED',
        `Kubernetes at ${server} does not know who asks to ${asked} (401 ${message}). ${advice}`,
        cause,
      )
    }
    if (status === 403) {
      const advice = `Bind a Role of that namespace with this rule to the user or service account: ${rule}`
      return new DiscoveryError('REGISTRY_REFUSED', `Kubernetes at ${server} does not allow to ${asked} (403 ${message}). ${advice}`, cause)
    }
    const hint =
      status === 404 ? '. EndpointSlices of discovery.k8s.io/v1 exist since Kubernetes 1.21; is it the address of an API server?' : ''
    return new DiscoveryError('REGISTRY_UNAVAILABLE', `Kubernetes at ${server} failed to ${asked}: ${status} ${message}${hint}`, cause)
  }
  const what = failure instanceof Error ? failure.message || failure.name : String(failure)
  return new DiscoveryError('REGISTRY_UNAVAILABLE', `Kubernetes at ${server} failed to ${asked}: ${what}${placeHint(server)}`, cause)
}

/** The servers that the client takes where it found none. */
function placeHint(server: string): string {
  if (server === 'http://localhost:8080') return '. That is where no kubeconfig was found: is there one, or a service account?'
  return server.includes('undefined') ? '. loadFromCluster() works inside a pod only; elsewhere use loadFromDefault()' : ''
}
