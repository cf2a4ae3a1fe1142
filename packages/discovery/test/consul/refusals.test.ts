import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { inspect } from 'node:util'
import Consul from 'consul'
import { ConsulServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConsulRegistryBackend, DiscoveryError, ServiceRegistry } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { clientOf, pause, record } from './agent.fixture.js'

const management = 'the-management-token'
const { id } = sampleInstance()

/** The rules of the guide, for one that registers and for one that only reads. */
const guide = readFileSync(new URL('../../../../docs/guides/discovery/consul.md', import.meta.url), 'utf8')
const registers = /^```hcl\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? ''
const reads = registers.replaceAll('"write"', '"read"')

describe.skipIf(serverIsMissing('consul'))('an agent that asks for a token', () => {
  let server: ConsulServer

  beforeAll(async () => {
    const acl = `acl { enabled = true default_policy = "deny" tokens { master = "${management}" agent = "${management}" } }`
    server = await ConsulServer.start('-hcl', acl)
    while ((await put('/v1/acl/policy', { Name: 'ready' })).ID === undefined) await pause(20)
  })

  afterAll(() => server.kill())

  async function put(path: string, body: object): Promise<Record<string, string>> {
    const headers = { 'X-Consul-Token': management }
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'PUT', headers, body: JSON.stringify(body) })
    return response.ok ? ((await response.json()) as Record<string, string>) : {}
  }

  async function tokenWith(Name: string, Rules: string): Promise<string> {
    await put('/v1/acl/policy', { Name, Rules })
    const { SecretID = '' } = await put('/v1/acl/token', { Policies: [{ Name }] })
    return SecretID
  }

  const backendWith = (token?: string) => new ConsulRegistryBackend(clientOf(server, token), { ttl: '10s' })

  it('lets those register whose token has service:write and node:read', async () => {
    const backend = backendWith(await tokenWith('registers', registers))
    const watch = record(backend, 'orders')
    await backend.register(sampleInstance())
    expect(await backend.heartbeat(id)).toBe(true)
    expect(await backend.heartbeat('orders:unknown:1')).toBe(false)
    await backend.updateStatus(id, 'OUT_OF_SERVICE')
    expect((await backend.getInstance(id))?.status).toBe('OUT_OF_SERVICE')
    await backend.updateStatus(id, 'UP')
    expect((await backend.getInstances('orders')).map(({ status }) => status)).toEqual(['UP'])
    expect(await backend.getAllServices()).toEqual(['orders'])
    await expect.poll(() => watch.last()?.ids).toEqual([id])
    await backend.deregister(id)
    expect(await backend.getInstance(id)).toBeNull()
    watch.stop()
  })

  it('lets those list who may read, and says what they need to do more', async () => {
    const writer = backendWith(await tokenWith('registers-too', registers))
    await writer.register(sampleInstance())
    const token = await tokenWith('reads', reads)
    const reader = backendWith(token)
    expect(await reader.getInstances('orders')).toHaveLength(1)
    const refusal = await reader.register(sampleInstance({ port: 1 })).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(DiscoveryError)
    expect(refusal).toMatchObject({ code: 'REGISTRY_REFUSED' })
    expect(String(refusal)).toMatch(
      /^DiscoveryError: Consul refused to register orders:127\.0\.0\.1:1: Permission denied.* \(status 403\)\. The token of the client has to allow service:write on "orders"/,
    )
    expect(inspect(refusal, { depth: 20 })).not.toContain(token)
    await expect(reader.heartbeat(id)).rejects.toThrow(/renew the lease of orders:127\.0\.0\.1:3000.*service:write/)
    await expect(reader.updateStatus(id, 'DOWN')).rejects.toThrow(/service:write on "orders"/)
    await expect(reader.deregister(id)).rejects.toThrow(/service:write on "orders"/)
    await writer.deregister(id)
  })

  it('tells a watch whose token it does not know, and is asked on', async () => {
    const watch = record(backendWith('11111111-2222-3333-4444-555555555555'), 'orders')
    await expect.poll(() => watch.events).toMatchObject([{ kind: 'failure', code: 'REGISTRY_REFUSED' }])
    watch.stop()
  })

  it('shows nothing to those without a token, as Consul does', async () => {
    expect(await backendWith().getInstances('orders')).toEqual([])
    await expect(backendWith().register(sampleInstance())).rejects.toThrow(/service:write on "orders"/)
  })
})

describe('where no agent is', () => {
  async function withBackend(answer: string | undefined, body: (backend: ConsulRegistryBackend, port: number) => Promise<void>) {
    const server = createServer((socket) => socket.on('error', () => undefined).end(answer ?? '')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    if (answer === undefined) server.close()
    const client = new Consul({ host: '127.0.0.1', port })
    const backend = new ConsulRegistryBackend(client, { requestTimeout: 300 })
    try {
      await body(backend, port)
    } finally {
      await backend.close()
      client.destroy()
      server.close()
    }
  }

  const page = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Consul-Index: 7\r\nContent-Length: 4\r\n\r\n<p/>'
  const elsewhere = 'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\n404 page not found'
  const cut = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n[{'

  it('says that the connection is refused, and by whom', () =>
    withBackend(undefined, async (backend, port) => {
      const message = new RegExp(`Consul did not answer when asked to list orders: .*ECONNREFUSED 127.0.0.1:${port}.*agent runs`)
      await expect(backend.getInstances('orders')).rejects.toThrow(message)
      await expect(backend.heartbeat(id)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    }))

  it('asks whether it is an agent that knows no such path', () =>
    withBackend(elsewhere, async (backend) => {
      await expect(backend.getInstances('orders')).rejects.toThrow(/404 page not found .*Is it the HTTP port of a Consul agent\?/)
    }))

  it('says that it is no agent that answers', () =>
    withBackend(page, async (backend) => {
      await expect(backend.getInstances('orders')).rejects.toThrow(/Consul answered no list; check that the host and port/)
      const watch = record(backend, 'orders')
      await expect.poll(() => watch.events.map(({ kind }) => kind)).toEqual(['failure'])
    }))

  it('names Consul to a registration that waits for an agent that hangs', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const client = new Consul({ host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 })
    const backend = new ConsulRegistryBackend(client)
    const registered = new ServiceRegistry({ name: 'orders', port: 3_000 }, backend).register()
    await expect(registered).rejects.toMatchObject({ cause: { message: expect.stringContaining('Consul did not answer') as string } })
    await backend.close()
    client.destroy()
    server.close()
  }, 15_000)

  it('does not wait for ever for the rest of an answer that was cut', () =>
    withBackend(cut, async (backend) => {
      await expect(backend.getInstances('orders')).rejects.toThrow(/no answer within 300 ms/)
    }))
})
