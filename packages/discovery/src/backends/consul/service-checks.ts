import { ServiceStatus } from '@hazeljs/core'
import type { CheckDefinition, HealthCheck } from './consul-client.js'

/** By it all leases are found, of whatever service. */
export const leaseName = 'hazeljs-lease'
const statusName = 'hazeljs-status'
/** Longer than any machine lives: this check is changed, not renewed. */
const statusTtl = '87600h'
const maintenance = ['_node_maintenance', '_service_maintenance:']
const nodeHealth = 'serfHealth'
const criticalStatuses: readonly ServiceStatus[] = [ServiceStatus.DOWN, ServiceStatus.STARTING, ServiceStatus.UNKNOWN]

export const leaseCheckId = (id: string) => `${leaseName}:${id}`
export const statusCheckId = (id: string) => `${statusName}:${id}`

export interface LeaseTimes {
  readonly ttlMs: number
  readonly deregisterAfterMs: number
}

/**
 * Two checks, so that a heartbeat, which passes the first, cannot change what the second says, whoever sets it meanwhile; and so that Consul
 * takes out who expired, and nobody who is DOWN. Whoever is OUT_OF_SERVICE has no lease, and is
 * not listed, before maintenance mode says so.
 */
export function checksOf(id: string, status: ServiceStatus, { ttlMs, deregisterAfterMs }: LeaseTimes): readonly CheckDefinition[] {
  return [
    {
      name: leaseName,
      checkid: leaseCheckId(id),
      ttl: `${ttlMs}ms`,
      status: status === ServiceStatus.OUT_OF_SERVICE ? 'critical' : 'passing',
      deregistercriticalserviceafter: `${deregisterAfterMs}ms`,
    },
    { checkid: statusCheckId(id), ...statusCheck(status) },
  ]
}

/**
 * The status is in the notes as well, for critical is more than one. Notes reach the catalog at once; the output of a check that stays critical
 * does within minutes.
 */
export function statusCheck(status: ServiceStatus): CheckDefinition {
  return { name: statusName, ttl: statusTtl, status: serves(status) ? 'passing' : 'critical', notes: status }
}

/** Whether the check of the status passes. What is OUT_OF_SERVICE is so by maintenance mode, whatever its health. */
export function serves(status: ServiceStatus): boolean {
  return !criticalStatuses.includes(status)
}

/** Whether nobody renews the lease: it ran out, or the agent that would know is gone. */
export function isExpired(checks: readonly HealthCheck[]): boolean {
  return checks.some((check) => isCritical(check) && (check.CheckID === nodeHealth || check.CheckID.startsWith(leaseCheckId(''))))
}

export function isInMaintenance(checks: readonly HealthCheck[]): boolean {
  return checks.some((check) => isCritical(check) && maintenance.some((id) => check.CheckID.startsWith(id)))
}

/** Whether the checks say that this status was set, whatever checks of others say. */
export function hasStatus(checks: readonly HealthCheck[], status: ServiceStatus): boolean {
  if (isInMaintenance(checks) !== (status === ServiceStatus.OUT_OF_SERVICE)) return false
  const own = checks.find(isStatusCheck)
  return own !== undefined && (status === ServiceStatus.OUT_OF_SERVICE || (own.Notes === status && isCritical(own) !== serves(status)))
}

/** What all checks together say: maintenance mode first, then the status that was set, then the checks of others. `warning` serves. */
export function statusOf(checks: readonly HealthCheck[]): ServiceStatus {
  if (isInMaintenance(checks)) return ServiceStatus.OUT_OF_SERVICE
  const own = checks.find(isStatusCheck)
  if (own !== undefined && isCritical(own)) return told(own)
  return checks.some(isCritical) ? ServiceStatus.DOWN : ServiceStatus.UP
}

/** Somebody may have failed the check of an instance that is UP. */
function told({ Notes }: HealthCheck): ServiceStatus {
  return criticalStatuses.find((status) => status === Notes) ?? ServiceStatus.DOWN
}

function isStatusCheck({ CheckID }: HealthCheck): boolean {
  return CheckID.startsWith(statusCheckId(''))
}

function isCritical({ Status }: HealthCheck): boolean {
  return Status === 'critical'
}
