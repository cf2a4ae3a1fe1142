import { createRegistryBackend } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { ConsulServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

describe.skipIf(serverIsMissing('consul'))("what backendConfig says of a Consul's place", () => {
  let server: ConsulServer
  beforeAll(async () => {
    server = await ConsulServer.start()
  })
  afterAll(() => server.kill())

  const backendOf = (more: { readonly datacenter?: string; readonly secure?: boolean }) =>
    createRegistryBackend({ backend: 'consul', backendConfig: { host: server.host, port: server.port, ...more } })

  it('is asked in its datacenter', async () => {
    const here = backendOf({ datacenter: 'dc1' })
    await here.register(sampleInstance())
    expect(await here.getInstances('orders')).toHaveLength(1)
    const elsewhere = backendOf({ datacenter: 'dc2' })
    await expect(elsewhere.getInstances('orders')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    await Promise.all([here.close?.(), elsewhere.close?.()])
  })

  it('is spoken to over TLS where that is asked for, which this one does not know', async () => {
    const backend = backendOf({ secure: true })
    await expect(backend.getInstances('orders')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    await backend.close?.()
  })
})
