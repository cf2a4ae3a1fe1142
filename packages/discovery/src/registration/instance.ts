import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import type { ResolvedRegistration } from './config.js'

/**
 * Metadata of an instance that its own shutdown took out of service. Without it a process that is killed while it drains would come back to an
 * OUT_OF_SERVICE that looks like an operator's, and keep it.
 */
export const drainingMark = 'hazeljs-draining'

export interface InstanceState {
  readonly status: ServiceStatus
  readonly draining: boolean
  /** Milliseconds since the Unix epoch, as the next. */
  readonly registeredAt: number
  readonly lastHeartbeat: number
}

export function instanceId({ name, host, port }: ResolvedRegistration): string {
  return `${name}:${host}:${port}`
}

/** The instance as a registry is told of it. */
export function describeInstance(registration: ResolvedRegistration, state: InstanceState): ServiceInstance {
  const { name, host, port, protocol, check, intervalMs, metadata, zone, tags } = registration
  return {
    id: instanceId(registration),
    name,
    host,
    port,
    protocol,
    metadata: state.draining ? { ...metadata, [drainingMark]: true } : metadata,
    ...(check?.type === 'http' && { healthCheckPath: check.path }),
    ...(check !== undefined && { healthCheckInterval: intervalMs }),
    ...(zone !== undefined && { zone }),
    tags,
    status: state.status,
    lastHeartbeat: state.lastHeartbeat,
    registeredAt: state.registeredAt,
  }
}

/** Whether an operator has it out of service. */
export function isHeldOut({ status, metadata }: ServiceInstance): boolean {
  // A registry may hold metadata as texts.
  return status === ServiceStatus.OUT_OF_SERVICE && String(metadata[drainingMark]) !== 'true'
}
