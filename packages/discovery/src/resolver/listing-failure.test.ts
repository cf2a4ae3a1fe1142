import { describe, expect, it } from 'vitest'
import { DiscoveryClient } from '../discovery-client.js'
import { DiscoveryError } from '../errors.js'
import type { RegistryBackend } from '../backends/registry-backend.js'

function clientOf(error: Error): DiscoveryClient {
  const fails = () => Promise.reject(error)
  const backend: Partial<RegistryBackend> = { getInstances: fails, getAllServices: fails }
  return new DiscoveryClient({}, backend as RegistryBackend)
}

describe('a listing that fails', () => {
  it.each([
    [new Error('connection refused'), 'REGISTRY_UNAVAILABLE'],
    [new DiscoveryError('REGISTRY_UNAVAILABLE', 'Redis is away'), 'REGISTRY_UNAVAILABLE'],
    [new DiscoveryError('REGISTRY_REFUSED', 'it wants a password'), 'REGISTRY_REFUSED'],
  ])('says what the registry said: %s', async (cause, code) => {
    const client = clientOf(cause)
    await expect(client.getInstance('orders')).rejects.toMatchObject({
      code,
      message: `The registry did not list the instances of orders: ${cause.message}`,
      cause,
    })
    await expect(client.getAllServices()).rejects.toMatchObject({
      code,
      message: `The registry did not list the services: ${cause.message}`,
      cause,
    })
    await client.close()
  })
})
