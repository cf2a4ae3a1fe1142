import Consul from 'consul'
import { ConsulServer } from 'hazeljs-test-servers'
import { ConsulRegistryBackend, DiscoveryError, type ConsulBackendOptions, type RegistryBackend } from '@hazeljs/discovery'

/** Short, for tests wait for its end; long enough for a machine that is busy. */
export const shortLease: ConsulBackendOptions = { ttl: '2s' }

export const clientOf = (server: ConsulServer, token?: string) =>
  new Consul({ host: server.host, port: server.port, ...(token !== undefined && { defaults: { token } }) })

/** Takes out every service of the agent but Consul's own. */
export async function empty(client: Consul): Promise<void> {
  const names = async () => Object.keys(await client.catalog.service.list()).filter((name) => name !== 'consul')
  for (const id of Object.keys(await client.agent.service.list())) await client.agent.service.deregister(id)
  while ((await names()).length > 0) await pause(5)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** An agent of a test's own, with a client and a backend of it. */
export async function withAgent(
  body: (agent: { server: ConsulServer; client: Consul; backend: ConsulRegistryBackend }) => Promise<void>,
  options: ConsulBackendOptions = {},
  ...args: readonly string[]
): Promise<void> {
  const server = await ConsulServer.start(...args)
  const client = clientOf(server)
  const backend = new ConsulRegistryBackend(client, options)
  try {
    await body({ server, client, backend })
  } finally {
    await backend.close()
    client.destroy()
    await server.kill()
  }
}

/** What a watch told, with the time of each. */
export function record(backend: RegistryBackend, service: string) {
  const events: {
    readonly atMs: number
    readonly kind: string
    readonly code: unknown
    readonly ids: readonly string[]
    readonly removed: readonly string[]
  }[] = []
  const stop = backend.watch?.(service, (event) => {
    const isSnapshot = event.kind === 'snapshot'
    events.push({
      atMs: performance.now(),
      kind: event.kind,
      code: isSnapshot || !(event.error instanceof DiscoveryError) ? undefined : event.error.code,
      ids: isSnapshot ? event.instances.map(({ id }) => id) : [],
      removed: isSnapshot ? event.removed.map(({ id, reason }) => `${id} ${reason}`) : [],
    })
  })
  return { events, last: () => events.at(-1), stop: stop ?? (() => undefined) }
}
