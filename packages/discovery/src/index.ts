export { ServiceStatus, type ServiceFilter, type ServiceInstance, type ServiceProtocol } from '@hazeljs/core'
