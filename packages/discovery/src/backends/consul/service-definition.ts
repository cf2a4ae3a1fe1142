import type { ServiceInstance } from '@hazeljs/core'
import type { HealthEntry, ServiceDefinition } from './consul-client.js'
import { checksOf, hasStatus, isExpired, type LeaseTimes } from './service-checks.js'
import { encodeMeta } from './service-meta.js'

/** An instance as Consul takes it. @throws {ConfigError} for metadata that Consul cannot hold. */
export function toDefinition(instance: ServiceInstance, times: LeaseTimes): ServiceDefinition {
  const { id, name, host: address, port, tags, status } = instance
  return { id, name, address, port, tags: [...tags], meta: encodeMeta(instance), checks: checksOf(id, status, times) }
}

/** Whether the entry is what was registered, and alive. */
export function shows({ Service, Checks }: HealthEntry, definition: ServiceDefinition, { status }: ServiceInstance): boolean {
  const { address, port, tags, meta } = definition
  const shown = [Service.Address, Service.Port, Service.Tags ?? [], sorted(Service.Meta ?? {})]
  return (
    JSON.stringify(shown) === JSON.stringify([address, port, tags, sorted(meta ?? {})]) && !isExpired(Checks) && hasStatus(Checks, status)
  )
}

function sorted(meta: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(meta).sort(([a], [b]) => (a < b ? -1 : 1))
}
