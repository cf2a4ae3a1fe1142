import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Random, silentLogger } from '@hazeljs/core'
import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { afterEach, type Mock, vi } from 'vitest'
import { MemoryRegistryBackend } from '../backends/memory/memory-registry-backend.js'
import type { ServiceRegistryConfig } from './config.js'
import type { StatusChange } from './events.js'
import { ServiceRegistry } from './service-registry.js'

const ended: (() => unknown)[] = []

/** Runs after the test, as all others of it do. */
export function atEnd(end: () => unknown): void {
  ended.push(end)
}

afterEach(async () => {
  for (const end of ended.splice(0)) await end()
})

/** A real service whose health the test decides. */
export async function service() {
  const health = { status: 200, asked: 0 }
  const server = createServer((_request, response) => {
    health.asked++
    response.writeHead(health.status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(() => server.close())
  return { health, port: (server.address() as AddressInfo).port }
}

/** A registration with a memory backend, whose leases last 9 s, on a fake clock. */
export function setup(config: Partial<ServiceRegistryConfig> = {}, random: Random = new SeededRandom(1)) {
  const clock = new FakeClock()
  const backend = new MemoryRegistryBackend({ ttl: 9_000 }, clock)
  const warn: Mock = vi.fn()
  const info: Mock = vi.fn()
  const dependencies = { clock, random, logger: { ...silentLogger, warn, info } }
  const restarted = () => {
    const registry = new ServiceRegistry({ name: 'orders', port: 3_000, ...config }, backend, dependencies)
    atEnd(() => registry.deregister())
    return registry
  }
  const registry = restarted()
  const changes: StatusChange[] = []
  registry.on('status', (change) => changes.push(change))
  const id = `orders:127.0.0.1:${config.port ?? 3_000}`
  const status = async () => (await backend.getInstance(id))?.status
  return { clock, backend, registry, restarted, id, status, warn, info, changes }
}

/** Lets time pass in small steps, with room for real sockets in between, until it holds. */
export async function eventually(clock: FakeClock, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let step = 0; step < 2_000; step++) {
    if (await holds()) return
    await clock.advance(50)
  }
  throw new Error('It never came to hold')
}

/** A registry that answers nothing from now on, until it is woken. */
export function freeze(backend: MemoryRegistryBackend): () => void {
  const names = ['register', 'deregister', 'heartbeat', 'getInstance', 'updateStatus'] as const
  const spies = names.map((name) => vi.spyOn(backend, name).mockReturnValue(new Promise<never>(() => undefined)))
  return () => {
    for (const spy of spies) spy.mockRestore()
  }
}

/** A registry that rejects every call from now on, until it is back. */
export function takeAway(backend: MemoryRegistryBackend): () => void {
  const names = ['register', 'deregister', 'heartbeat', 'getInstance', 'updateStatus'] as const
  const spies = names.map((name) => vi.spyOn(backend, name).mockRejectedValue(new Error('away')))
  return () => {
    for (const spy of spies) spy.mockRestore()
  }
}
