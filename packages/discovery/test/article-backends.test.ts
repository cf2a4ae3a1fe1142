import { KubeConfig } from '@kubernetes/client-node'
import {
  ConsulRegistryBackend,
  DiscoveryClient,
  KubernetesRegistryBackend,
  MemoryRegistryBackend,
  RedisRegistryBackend,
  type RegistryBackend,
  ServiceClient,
  ServiceRegistry,
} from '@hazeljs/discovery'
import { KubernetesApiServer } from '@hazeljs/discovery/testing'
import Consul from 'consul'
import { ConsulServer, RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { Redis } from 'ioredis'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// The article's ServiceClient, on each of the article's backends.

const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`)
  response.setHeader('content-type', 'application/json').end('[{"name":"John"}]')
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => server.close())

async function callsThrough(backend: RegistryBackend): Promise<void> {
  asked.length = 0
  const discoveryClient = new DiscoveryClient({ cacheEnabled: true, cacheTTL: 30_000, refreshInterval: 15_000 }, backend)
  const userClient = new ServiceClient(discoveryClient, {
    serviceName: 'user-service',
    loadBalancingStrategy: 'round-robin',
    timeout: 5_000,
    retries: 3,
    retryDelay: 1_000,
  })
  const users = await userClient.get('/users')
  const user = await userClient.post('/users', { name: 'John' })
  await userClient.put('/users/1', { name: 'Jane' })
  await userClient.delete('/users/1')
  expect([users.status, user.data]).toEqual([200, [{ name: 'John' }]])
  expect(asked).toEqual(['GET /users', 'POST /users', 'PUT /users/1', 'DELETE /users/1'])
  await userClient.close()
  await discoveryClient.close()
}

async function registersAndCalls(backend: RegistryBackend): Promise<void> {
  const { port } = server.address() as AddressInfo
  const registry = new ServiceRegistry({ name: 'user-service', port, metadata: { version: '2.0.0', weight: 80 } }, backend)
  await registry.register()
  await callsThrough(backend)
  await registry.deregister()
  await backend.close?.()
}

describe("the article's backends", () => {
  it('in memory', () => registersAndCalls(new MemoryRegistryBackend()))

  it.skipIf(serverIsMissing('redis-server'))('Redis', async () => {
    const redis = await RedisServer.start()
    const redisClient = new Redis(redis.port)
    const backend = new RedisRegistryBackend(redisClient, {
      keyPrefix: 'hazeljs:discovery:',
      ttl: 90,
    })
    await registersAndCalls(backend)
    redisClient.disconnect()
    await redis.kill()
  })

  it.skipIf(serverIsMissing('consul'))('Consul', async () => {
    const consul = await ConsulServer.start()
    const consulClient = new Consul({ host: consul.host, port: consul.port })
    const backend = new ConsulRegistryBackend(consulClient, {
      ttl: '30s',
    })
    await registersAndCalls(backend)
    await consul.kill()
  })

  it('Kubernetes, where pods need not register', async () => {
    const kubernetes = await KubernetesApiServer.start()
    const kubeConfig = new KubeConfig()
    kubeConfig.loadFromString(kubernetes.kubeConfig())
    const labels = { 'kubernetes.io/service-name': 'user-service', 'app.kubernetes.io/managed-by': 'hazeljs' }
    const { port } = server.address() as AddressInfo
    kubernetes.put({
      metadata: { name: 'user-service-1', namespace: 'production', labels },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: 'http', port, protocol: 'TCP' }],
    })
    const backend = new KubernetesRegistryBackend(kubeConfig, {
      namespace: 'production',
      labelSelector: 'app.kubernetes.io/managed-by=hazeljs',
    })
    await callsThrough(backend)
    await backend.close()
    await kubernetes.close()
  })
})
