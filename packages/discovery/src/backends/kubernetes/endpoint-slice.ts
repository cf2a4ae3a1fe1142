/**
 * An EndpointSlice of `discovery.k8s.io/v1`, as far as it is read here.
 *
 * https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/
 */
export interface EndpointSlice {
  readonly metadata: SliceMetadata
  readonly addressType: AddressType
  readonly endpoints?: readonly SliceEndpoint[] | null
  readonly ports?: readonly SlicePort[] | null
}

export type AddressType = 'IPv4' | 'IPv6' | 'FQDN'

export interface SliceMetadata {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  /** RFC 3339. */
  readonly creationTimestamp?: string | null
}

export interface SliceEndpoint {
  readonly addresses: readonly string[]
  readonly conditions?: EndpointConditions
  readonly hostname?: string
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string; readonly uid?: string }
}

/** A condition that is missing means: `ready` yes, `serving` as `ready`, `terminating` no. */
export interface EndpointConditions {
  readonly ready?: boolean | null
  readonly serving?: boolean | null
  readonly terminating?: boolean | null
}

export interface SlicePort {
  readonly name?: string | null
  readonly port?: number | null
  /** Default TCP. */
  readonly protocol?: string | null
  readonly appProtocol?: string | null
}

/** The label by which Kubernetes says whose slice it is. */
export const serviceNameLabel = 'kubernetes.io/service-name'
