import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'

/** An instance that is UP, with the given differences. Its id follows from name, host and port. */
export function sampleInstance(differences: Partial<ServiceInstance> = {}): ServiceInstance {
  const { name = 'orders', host = '127.0.0.1', port = 3000 } = differences
  return {
    id: `${name}:${host}:${port}`,
    name,
    host,
    port,
    protocol: 'http',
    metadata: {},
    tags: [],
    status: ServiceStatus.UP,
    lastHeartbeat: 0,
    registeredAt: 0,
    ...differences,
  }
}
