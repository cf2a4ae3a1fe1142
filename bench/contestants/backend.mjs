// A memory registry that knows the upstream; its registration keeps the instance alive.
import { MemoryRegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import { upstreamHost, upstreamPort } from './environment.mjs'

export const SERVICE = 'service'

const backend = new MemoryRegistryBackend()
await new ServiceRegistry({ name: SERVICE, host: upstreamHost, port: upstreamPort, protocol: 'http' }, backend).register()

export { backend }
