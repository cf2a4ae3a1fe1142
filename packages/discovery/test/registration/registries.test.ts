import { ConsulRegistryBackend, EtcdRegistryBackend, RedisRegistryBackend, type RegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import Consul from 'consul'
import { ConsulServer, EtcdServer, RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { Redis } from 'ioredis'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Registry {
  readonly backend: RegistryBackend
  close(): Promise<unknown>
}

async function redis(): Promise<Registry> {
  const server = await RedisServer.start()
  const client = new Redis(server.port)
  const backend = new RedisRegistryBackend(client, { ttl: '1s' })
  return { backend, close: async () => (await backend.close(), client.disconnect(), server.kill()) }
}

async function consul(): Promise<Registry> {
  const server = await ConsulServer.start()
  const client = new Consul({ host: server.host, port: server.port })
  const backend = new ConsulRegistryBackend(client, { ttl: '1s' })
  return { backend, close: async () => (await backend.close(), client.destroy(), server.kill()) }
}

async function etcd(): Promise<Registry> {
  const server = await EtcdServer.start()
  const backend = new EtcdRegistryBackend({ endpoints: server.url, ttl: '1s' })
  return { backend, close: async () => (await backend.close(), server.kill()) }
}

describe.each([
  ['Redis', 'redis-server', redis],
  ['Consul', 'consul', consul],
  ['etcd', 'etcd', etcd],
] as const)('a registration on %s', (_name, command, start) => {
  describe.skipIf(serverIsMissing(command))('that runs', { timeout: 30_000 }, () => {
    let registry: Registry
    const registrations: ServiceRegistry[] = []
    let port = 3_000

    beforeAll(async () => {
      registry = await start()
    }, 30_000)
    afterAll(async () => {
      for (const registration of registrations) await registration.deregister()
      await registry.close()
    })

    /** Of an instance of its own, or of the one before, as a restart would make it. */
    function registration(ofPort = ++port) {
      const made = new ServiceRegistry(
        { name: 'orders', port: ofPort, metadata: { version: '1' }, shutdownOnSignals: false },
        registry.backend,
      )
      registrations.push(made)
      return { made, id: `orders:127.0.0.1:${ofPort}`, port: ofPort }
    }

    async function until(id: string, status: string | undefined): Promise<void> {
      while ((await registry.backend.getInstance(id))?.status !== status) await pause(10)
    }

    it('keeps its lease, and an operator who takes it out of service is obeyed through heartbeats and restarts', async () => {
      const { made, id, port } = registration()
      await made.register()
      await registry.backend.updateStatus(id, 'OUT_OF_SERVICE')
      await pause(2_500)
      await until(id, 'OUT_OF_SERVICE')
      expect(made.getInstance()?.status).toBe('OUT_OF_SERVICE')
      await registry.backend.deregister(id) // what a registry that loses its data does
      await until(id, 'OUT_OF_SERVICE')
      await registration(port).made.register()
      await until(id, 'OUT_OF_SERVICE')
      await registry.backend.updateStatus(id, 'UP')
      await pause(1_000)
      await until(id, 'UP')
    })

    it('drains and is gone, and comes back in service when it is killed meanwhile', async () => {
      const { made, id, port } = registration()
      await made.register()
      const down = made.shutdown({ drain: '1h' })
      await until(id, 'OUT_OF_SERVICE')
      await pause(1_500)
      await until(id, 'OUT_OF_SERVICE')
      const left = await registry.backend.getInstance(id)
      await made.deregister()
      await down
      expect(await registry.backend.getInstance(id)).toBeNull()
      if (left === null) expect.unreachable()
      await registry.backend.register(left) // what a process leaves that is killed while it drains
      await registration(port).made.register()
      await until(id, 'UP')
      expect((await registry.backend.getInstance(id))?.metadata).toEqual({ version: '1' })
    })
  })
})
