import { ConsulServer, serverIsMissing } from 'hazeljs-test-servers'
import type Consul from 'consul'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ConsulRegistryBackend, type ServiceStatus } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { clientOf } from './agent.fixture.js'

describe.skipIf(serverIsMissing('consul'))('a registration in Consul', () => {
  let server: ConsulServer
  let client: Consul

  beforeAll(async () => {
    server = await ConsulServer.start()
    client = clientOf(server)
  })
  afterAll(() => {
    client.destroy()
    return server.kill()
  })

  it.each(['OUT_OF_SERVICE', 'DOWN', 'STARTING'] as const)('that is %s is never seen as UP', async (status) => {
    const backend = new ConsulRegistryBackend(client)
    const name = `never-up-${status}`
    const seen = new Set<ServiceStatus>()
    const stop = backend.watch(name, (event) => {
      if (event.kind === 'snapshot') for (const instance of event.instances) seen.add(instance.status)
    })
    const end = new AbortController()
    const asking = (async () => {
      while (!end.signal.aborted) for (const instance of await backend.getInstances(name)) seen.add(instance.status)
    })()
    for (let port = 1; port <= 10; port++) await backend.register(sampleInstance({ id: `${name}:${port}`, name, port, status }))
    end.abort()
    await asking
    stop()
    expect([...seen]).toEqual([status])
    for (let port = 1; port <= 10; port++) await backend.deregister(`${name}:${port}`)
    await backend.close()
  })

  it('is found by its own backend without looking through the checks of all services', async () => {
    const states = vi.spyOn(client.health, 'state')
    const backend = new ConsulRegistryBackend(client)
    await backend.register(sampleInstance())
    expect((await backend.getInstance(sampleInstance().id))?.status).toBe('UP')
    expect(states).not.toHaveBeenCalled()
    await client.agent.service.deregister(sampleInstance().id)
    await expect.poll(() => backend.getInstance(sampleInstance().id)).toBeNull()
    await new ConsulRegistryBackend(client).register(sampleInstance({ id: sampleInstance().id, name: 'moved' }))
    expect((await backend.getInstance(sampleInstance().id))?.name).toBe('moved')
    await backend.deregister(sampleInstance().id)
    states.mockRestore()
    await backend.close()
  })
})
