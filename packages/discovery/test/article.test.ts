import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DiscoveryClient, MemoryRegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import { expect, it } from 'vitest'

it("runs the article's registration and discovery against a real service", async () => {
  const server = createServer((_request, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo

  const backend = new MemoryRegistryBackend()
  const registry = new ServiceRegistry(
    {
      name: 'user-service',
      host: 'localhost',
      port,
      healthCheckPath: '/health',
      healthCheckInterval: 30_000,
      metadata: { version: '2.0.0', weight: 80 },
      zone: 'us-east-1',
      tags: ['api', 'users', 'v2'],
    },
    backend,
  )
  await registry.register()

  const client = new DiscoveryClient({ cacheEnabled: true, cacheTTL: 30_000, refreshInterval: 15_000 }, backend)
  const instance = await client.getInstance('user-service', 'round-robin')
  expect(instance).toMatchObject({ id: `user-service:localhost:${port}`, status: 'UP' })
  const filtered = await client.getInstances('user-service', { zone: 'us-east-1', tags: ['v2'], metadata: { version: '2.0.0' } })
  expect(filtered).toEqual([instance])

  await registry.deregister()
  expect(await client.getInstance('user-service')).toBeNull()
  await client.close()
  server.close()
})
