import { type ServiceInstance, type ServiceProtocol, ServiceStatus, show } from '@hazeljs/core'

const protocols: readonly unknown[] = ['http', 'https', 'grpc'] satisfies readonly ServiceProtocol[]
const statuses: readonly unknown[] = Object.values(ServiceStatus)
const maxPort = 65_535

/** The id of an instance whose registry has none of its own. */
export function instanceIdOf(name: string, host: string, port: number): string {
  return `${name}:${host}:${port}`
}

/** An instance as registries that hold texts keep it. */
export function encodeInstance(instance: ServiceInstance): string {
  return JSON.stringify(instance)
}

/**
 * The instance that a registry holds as a text. What a foreign writer may leave out gets its default.
 *
 * @throws {Error} naming the first thing that makes it no instance.
 */
export function decodeInstance(text: string): ServiceInstance {
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new Error(`expected a JSON object, got ${show(value)}`)
  const { id, name, host, port, protocol = 'http', metadata = {}, tags = [], status = ServiceStatus.UP } = value
  const { healthCheckPath, healthCheckInterval, zone, lastHeartbeat = 0, registeredAt = 0 } = value
  return Object.freeze<ServiceInstance>({
    id: readText('id', id),
    name: readText('name', name),
    host: readText('host', host),
    port: must('port', port, isPort) as number,
    protocol: must('protocol', protocol, (one) => protocols.includes(one)) as ServiceProtocol,
    metadata: Object.freeze(must('metadata', metadata, isRecord) as Record<string, unknown>),
    ...(healthCheckPath !== undefined && { healthCheckPath: readText('healthCheckPath', healthCheckPath) }),
    ...(healthCheckInterval !== undefined && { healthCheckInterval: readNumber('healthCheckInterval', healthCheckInterval) }),
    ...(zone !== undefined && { zone: readText('zone', zone) }),
    tags: Object.freeze(must('tags', tags, areTexts) as string[]),
    status: must('status', status, (one) => statuses.includes(one)) as ServiceStatus,
    lastHeartbeat: readNumber('lastHeartbeat', lastHeartbeat),
    registeredAt: readNumber('registeredAt', registeredAt),
  })
}

function readText(part: string, value: unknown): string {
  return must(part, value, (text) => typeof text === 'string' && text !== '') as string
}

function readNumber(part: string, value: unknown): number {
  return must(part, value, (number) => typeof number === 'number' && number >= 0) as number
}

function must(part: string, value: unknown, holds: (value: unknown) => boolean): unknown {
  if (!holds(value)) throw new Error(`${part} is ${show(value)}`)
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPort(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxPort
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}
