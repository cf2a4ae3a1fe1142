import type Consul from 'consul'
import { ConsulServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { ConsulRegistryBackend } from '@hazeljs/discovery'
import { backendContract } from '@hazeljs/discovery/testing'
import { clientOf, empty, pause, shortLease } from './agent.fixture.js'

describe.skipIf(serverIsMissing('consul'))('ConsulRegistryBackend on an agent', () => {
  let server: ConsulServer
  let client: Consul

  beforeAll(async () => {
    vi.setConfig({ testTimeout: 20_000 })
    server = await ConsulServer.start()
    client = clientOf(server)
  })

  afterAll(async () => {
    client.destroy()
    await server.kill()
  })

  backendContract({ describe, it }, async () => {
    await empty(client)
    return { backend: new ConsulRegistryBackend(client, shortLease), advance: pause }
  })
})
