import { type BackendChoice, createRegistryBackend, DiscoveryClient, ServiceRegistry } from '@hazeljs/discovery'
import { ConsulServer, EtcdServer, RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Started {
  readonly config: BackendChoice
  kill(): Promise<void>
}

const registries: readonly [string, string, () => Promise<Started>][] = [
  [
    'redis',
    'redis-server',
    async () => {
      const server = await RedisServer.start()
      const config = { backend: 'redis', backendConfig: { host: server.host, port: server.port, ttl: '3s' } } as const
      return { config, kill: () => server.kill() }
    },
  ],
  [
    'consul',
    'consul',
    async () => {
      const server = await ConsulServer.start()
      return {
        config: { backend: 'consul', backendConfig: { host: server.host, port: server.port, ttl: '3s' } },
        kill: () => server.kill(),
      }
    },
  ],
  [
    'etcd',
    'etcd',
    async () => {
      const server = await EtcdServer.start()
      return { config: { backend: 'etcd', backendConfig: { endpoints: server.url, ttl: '3s' } }, kill: () => server.kill() }
    },
  ],
]

describe.each(registries)('%s by its name', (_name, command, start) => {
  describe.skipIf(serverIsMissing(command))('', () => {
    let registry: Started
    beforeAll(async () => {
      registry = await start()
    }, 30_000)
    afterAll(() => registry.kill())

    it('is one registry for a registration and a client, which end what they opened', async () => {
      const registration = new ServiceRegistry({
        name: 'orders',
        port: 3000,
        metadata: { version: '1' },
        shutdownOnSignals: false,
        ...registry.config,
      })
      const client = new DiscoveryClient(registry.config)
      const picker = client.picker('orders')
      await registration.register()
      await expect
        .poll(() => picker.instances.map(({ port, metadata }) => [port, metadata]), { timeout: 10_000 })
        .toEqual([[3000, { version: '1' }]])
      await registration.deregister()
      await expect.poll(() => picker.instances.length, { timeout: 10_000 }).toBe(0)
      await registration.register()
      await expect.poll(() => picker.instances.length, { timeout: 10_000 }).toBe(1)
      await registration.deregister()
      await client.close()
      await client.close()
    }, 60_000)

    it('stays open where it was given', async () => {
      const backend = createRegistryBackend(registry.config)
      const client = new DiscoveryClient({}, backend)
      expect(await client.getInstances('nobody')).toEqual([])
      await client.close()
      expect(await backend.getInstances('nobody')).toEqual([])
      await backend.close?.()
      await expect(backend.getInstances('nobody')).rejects.toMatchObject({ code: 'CLIENT_CLOSED' })
    }, 30_000)
  })
})
