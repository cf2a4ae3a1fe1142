import { MemoryRegistryBackend, type RegistryBackend, ServiceRegistry, type ServiceRegistryConfig } from '@hazeljs/discovery'

/** What the test wants of this process. */
export interface Orders {
  readonly config?: Partial<ServiceRegistryConfig>
  /** Default 1. */
  readonly registrations?: number
  /** The backend of this process itself, not one that tells the test. */
  readonly memory?: boolean
  /** What the process has of its own on SIGTERM: a listener that ends it with code 7 after 2 s, or one that lets it live. */
  readonly own?: 'once' | 'stays'
  /** Nothing but the registrations is left to do. */
  readonly idle?: boolean
}

/** What it tells the test: each call that its registry gets, and answers. */
export interface Told {
  readonly call?: string
  readonly status?: string
  readonly ready?: { readonly listeners: number }
  readonly alive?: true
}

const orders = JSON.parse(process.argv[2] ?? '{}') as Orders
const tell = (told: Told) => process.send?.(told)

/** A registry that tells the test of each change, and may fall silent. */
function toldBackend(): RegistryBackend {
  const memory = new MemoryRegistryBackend()
  let frozen = false
  const answer = async <T>(told: Told, call: () => Promise<T>): Promise<T> => {
    tell(told)
    if (frozen) await new Promise(() => undefined)
    return call()
  }
  process.on('message', (message) => {
    if (message === 'freeze') frozen = true
  })
  return {
    ttlMs: 90_000,
    register: (instance) => answer({ call: 'register', status: instance.status }, () => memory.register(instance)),
    deregister: (id) => answer({ call: 'deregister' }, () => memory.deregister(id)),
    heartbeat: (id) => answer({ call: 'heartbeat' }, () => memory.heartbeat(id)),
    getInstance: (id) => answer({}, () => memory.getInstance(id)),
    getInstances: (name) => memory.getInstances(name),
    getAllServices: () => memory.getAllServices(),
    updateStatus: (id, status) => answer({ call: 'updateStatus', status }, () => memory.updateStatus(id, status)),
    cleanup: () => memory.cleanup(),
  }
}

const backend = orders.memory === true ? new MemoryRegistryBackend() : toldBackend()
const registrations = Array.from({ length: orders.registrations ?? 1 }, (_, index) => {
  return new ServiceRegistry({ name: 'orders', port: 3_000 + index, drain: 100, ...orders.config }, backend)
})
for (const registration of registrations) await registration.register()

if (orders.own === 'once') process.once('SIGTERM', () => setTimeout(() => process.exit(7), 2_000))
if (orders.own === 'stays') process.on('SIGTERM', () => undefined)
if (orders.idle !== true) {
  process.on('message', (message) => {
    if (message === 'alive?') tell({ alive: true })
    if (message === 'end yourself') process.kill(process.pid, 'SIGTERM')
  })
}
tell({ ready: { listeners: process.listenerCount('SIGTERM') } })
if (orders.idle === true) process.disconnect()
