import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type BalancingStrategy,
  DiscoveryClient,
  type Endpoint,
  type Lease,
  LoadBalancerCatalog,
  MemoryRegistryBackend,
  type Outcome,
  type PickContext,
  ServiceClient,
  type ServiceClientDependencies,
  type ServiceClientOptions,
  type ServiceDiscovery,
  type ServiceInstance,
  ServiceRegistry,
  type ServiceRegistryConfig,
} from '@hazeljs/discovery'
import { afterEach } from 'vitest'

const closers: (() => unknown)[] = []

/** Runs after the test, the last one first. */
export function afterTest(close: () => unknown): void {
  closers.push(close)
}

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

export interface Service {
  readonly port: number
  /** What arrived, in order. */
  readonly requests: IncomingMessage[]
  readonly server: Server
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A real service on a free port. */
export async function startService(handler: Handler, host = '127.0.0.1', port = 0): Promise<Service> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  afterTest(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, requests, server }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const { port, server } = await startService(() => undefined)
  await new Promise((resolve) => server.close(resolve))
  return port
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** A request's body, or as much of it as came. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  request.on('error', () => undefined).on('data', (chunk) => (text += String(chunk)))
  await new Promise((resolve) => request.once('close', resolve))
  return text
}

export async function register(backend: MemoryRegistryBackend, config: Partial<ServiceRegistryConfig> & { readonly port: number }) {
  const registry = new ServiceRegistry({ name: 'users', ...config }, backend)
  await registry.register()
  return registry
}

/** What became of each lease: its instance's port, and the outcome once it was given back. */
export interface LeaseRecord {
  readonly port: number
  outcomes: Outcome[]
}

/** A discovery client that keeps a record of the leases it gives away. */
export function watched(discovery: DiscoveryClient): { readonly discovery: ServiceDiscovery; readonly leases: LeaseRecord[] } {
  const leases: LeaseRecord[] = []
  const record = (lease: Lease): Lease => {
    const entry: LeaseRecord = { port: lease.instance.port, outcomes: [] }
    leases.push(entry)
    return {
      instance: lease.instance,
      release: (outcome = 'success') => {
        entry.outcomes.push(outcome)
        lease.release(outcome)
      },
    }
  }
  return {
    leases,
    discovery: {
      picker: (name, options) => {
        const picker = discovery.picker(name, options)
        return {
          get ready() {
            return picker.ready
          },
          get instances() {
            return picker.instances
          },
          whenReady: () => picker.whenReady(),
          close: () => picker.close(),
          acquire: (context?: PickContext) => {
            const lease = picker.acquire(context)
            return lease && record(lease)
          },
        }
      },
      acquire: async (...args) => {
        const lease = await discovery.acquire(...args)
        return lease && record(lease)
      },
      getInstances: (...args): Promise<ServiceInstance[]> => discovery.getInstances(...args),
      on: (event, listener) => discovery.on(event, listener),
      off: (event, listener) => discovery.off(event, listener),
    },
  }
}

export interface Setup {
  readonly client: ServiceClient
  readonly discovery: DiscoveryClient
  readonly backend: MemoryRegistryBackend
  readonly leases: readonly LeaseRecord[]
}

/** A strategy that takes the instance with the lowest `metadata.rank` of those that are not excluded. */
function ranked(): BalancingStrategy {
  let endpoints: Endpoint[] = []
  return {
    update: (group) => {
      endpoints = [...group.endpoints].sort((a, b) => Number(a.instance.metadata.rank) - Number(b.instance.metadata.rank))
    },
    choose: ({ exclude }) => endpoints.find(({ instance }) => exclude?.includes(instance.id) !== true),
  }
}

/** A client of the service `users` with an instance on each port, the first one picked where it is not excluded. Retries hardly pause. */
export async function setUp(
  ports: readonly number[],
  options: Partial<ServiceClientOptions> = {},
  dependencies: ServiceClientDependencies = {},
): Promise<Setup> {
  const backend = new MemoryRegistryBackend()
  for (const [rank, port] of ports.entries()) await register(backend, { port, metadata: { rank } })
  const loadBalancers = new LoadBalancerCatalog().register('ranked', ranked)
  const inner = new DiscoveryClient({ loadBalancingStrategy: 'ranked' }, backend, { loadBalancers })
  const { discovery, leases } = watched(inner)
  const client = new ServiceClient(discovery, { serviceName: 'users', retryDelay: 1, ...options }, dependencies)
  afterTest(async () => {
    await client.close({ drainTimeout: 0 })
    await inner.close()
  })
  return { client, discovery: inner, backend, leases }
}

/** Waits until something that other parts of the system do has happened. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}
