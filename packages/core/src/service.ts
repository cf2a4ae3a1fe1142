/** Whether an instance takes traffic. Only `UP` does. */
export const ServiceStatus = {
  /** Healthy and serving. */
  UP: 'UP',
  /** Its health checks fail, or its lease ran out. */
  DOWN: 'DOWN',
  /** Registered; no health check has passed yet. */
  STARTING: 'STARTING',
  /** Taken out by an operator or by its own shutdown. */
  OUT_OF_SERVICE: 'OUT_OF_SERVICE',
  UNKNOWN: 'UNKNOWN',
} as const
export type ServiceStatus = (typeof ServiceStatus)[keyof typeof ServiceStatus]

export type ServiceProtocol = 'http' | 'https' | 'grpc'

/** One running copy of a service. Instances are never changed in place: a change is a new object. */
export interface ServiceInstance {
  /** Stable across restarts and refreshes: `name:host:port` unless the registry has its own. */
  readonly id: string
  readonly name: string
  readonly host: string
  readonly port: number
  readonly protocol: ServiceProtocol
  readonly metadata: Readonly<Record<string, unknown>>
  readonly healthCheckPath?: string
  /** Milliseconds. */
  readonly healthCheckInterval?: number
  readonly zone?: string
  readonly tags: readonly string[]
  readonly status: ServiceStatus
  /** Milliseconds since the Unix epoch. */
  readonly lastHeartbeat: number
  /** Milliseconds since the Unix epoch. */
  readonly registeredAt: number
}

/** Which instances of a service are meant: every given part has to match; all `tags` and all `metadata` entries have to be there. */
export interface ServiceFilter {
  readonly zone?: string
  readonly tags?: readonly string[]
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly status?: ServiceStatus
}
