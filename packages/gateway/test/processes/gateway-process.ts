// A gateway in a process of its own. Arguments: a `GatewayOrders` as JSON.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLogger } from '@hazeljs/core'
import { MemoryRegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import { type GatewayConfig, GatewayServer, type ListenOptions } from '../../src/index.js'

export interface GatewayOrders {
  readonly upstreamPort: number
  readonly config: GatewayConfig
  readonly shutdown: ListenOptions['shutdown']
}

export interface GatewayPorts {
  readonly port: number
  /** Answers 200 as long as the gateway is ready, then 503. */
  readonly readyPort: number
}

const { upstreamPort, config, shutdown } = JSON.parse(process.argv[2] ?? '') as GatewayOrders
const backend = new MemoryRegistryBackend()
await new ServiceRegistry({ name: 'service', port: upstreamPort }, backend).register()
const gateway = GatewayServer.fromConfig(config, backend, { logger: silentLogger })
const { port } = await gateway.listen({ port: 0, host: '127.0.0.1', ...(shutdown !== undefined && { shutdown }) })
const probes = createServer((_request, response) => response.writeHead(gateway.isReady ? 200 : 503).end())
probes.listen(0, '127.0.0.1', () => {
  const ports: GatewayPorts = { port, readyPort: (probes.address() as AddressInfo).port }
  process.send?.({ ready: ports })
})
