import Consul from 'consul'
import { ConsulServer } from 'hazeljs-test-servers'
import { ConsulRegistryBackend, DiscoveryClient, ServiceRegistry } from '@hazeljs/discovery'
import { pause } from './agent.fixture.js'

/** A process of its own, started by `cuts.test.ts`: registers, discovers, and loses the agent in every way. */
async function main(): Promise<void> {
  const server = await ConsulServer.start()
  const client = new Consul({ host: server.host, port: server.port })
  const backend = new ConsulRegistryBackend(client, { ttl: '1s', requestTimeout: '200ms', wait: '1s' })
  const registry = new ServiceRegistry({ name: 'orders', port: 1 }, backend)
  const discovery = new DiscoveryClient({}, backend)
  await registry.register()
  await discovery.getInstance('orders')
  server.hang()
  await pause(1_500)
  server.wake()
  await server.kill()
  await pause(500)
  void discovery.getInstance('unknown').catch(() => undefined)
  await server.restart()
  await pause(1_000)
  await server.kill()
  await registry.deregister().catch(() => undefined)
  await discovery.close()
  await backend.close()
  client.destroy()
  process.disconnect()
  console.log('done')
}

void main()
