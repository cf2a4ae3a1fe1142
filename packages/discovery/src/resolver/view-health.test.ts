import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FakeClock, SeededRandom } from '@hazeljs/core/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MemoryRegistryBackend } from '../backends/memory/memory-registry-backend.js'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { StaticRegistryBackend } from '../backends/static/static-registry-backend.js'
import { type DiscoveryClientConfig, discoveryProblems } from '../config.js'
import { DiscoveryClient } from '../discovery-client.js'
import { defaultConsecutiveFailures } from '../health/outlier/options.js'
import { sampleInstance } from '../testing/index.js'

const ended: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end()
})

/** A server whose health the test decides. */
async function target() {
  const state = { status: 200, paths: [] as (string | undefined)[] }
  const server: Server = createServer((request, response) => {
    state.paths.push(request.url)
    response.writeHead(state.status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ended.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { state, server, port: (server.address() as AddressInfo).port }
}

const interval = 1_000

async function watched(ports: readonly number[], config: DiscoveryClientConfig = {}, backend?: RegistryBackend) {
  const clock = new FakeClock()
  const client = new DiscoveryClient(
    // The clock is fake and the servers are real: a check that is on its way must not be out of time.
    { healthCheck: { path: '/healthz', interval, timeout: '1h', unhealthyThreshold: 2 }, ...config },
    backend ?? new StaticRegistryBackend({ orders: ports.map((port) => ({ host: '127.0.0.1', port })) }),
    { clock, random: new SeededRandom(1) },
  )
  ended.push(() => client.close())
  const told: string[] = []
  client.on('healthy', ({ service, instance }) => told.push(`${service} ${instance.port} healthy`))
  client.on('unhealthy', ({ service, instance }) => told.push(`${service} ${instance.port} unhealthy`))
  client.on('readmitted', ({ instance, reason }) => told.push(`${instance.port} readmitted: ${reason}`))
  const picker = client.picker('orders')
  await picker.whenReady()
  return { clock, client, picker, told, fit: () => picker.instances.map(({ port }) => port) }
}

const both = (one: { port: number }, two: { port: number }) => [one.port, two.port].sort((a, b) => a - b)

describe('checks that a client makes itself', () => {
  it('take out who is ill, and bring back who is well again, by the thresholds', async () => {
    const one = await target()
    const two = await target()
    const { clock, fit, told, client } = await watched([one.port, two.port])
    await vi.waitFor(() => expect(told).toHaveLength(2))
    expect([...fit()].sort((a, b) => a - b)).toEqual(both(one, two))
    expect(one.state.paths).toEqual(['/healthz'])
    two.state.status = 500
    const checks = async (times: number) => {
      const seen = two.state.paths.length
      while (two.state.paths.length < seen + times) await clock.advance(interval * 0.2)
    }
    await checks(1)
    expect(fit()).toHaveLength(2)
    await checks(1)
    await vi.waitFor(() => expect(fit()).toEqual([one.port]))
    two.state.status = 204
    await checks(2)
    await vi.waitFor(() => expect(fit()).toHaveLength(2))
    expect(told.slice(2)).toEqual([`orders ${two.port} unhealthy`, `orders ${two.port} healthy`])
    await client.close()
    await clock.advance(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('let nobody meet who is dead from the start', async () => {
    const one = await target()
    const dead = await target()
    await new Promise((resolve) => dead.server.close(resolve))
    const { fit, told } = await watched([one.port, dead.port])
    await vi.waitFor(() => expect(told).toHaveLength(2))
    expect(fit()).toEqual([one.port])
    expect(told).toContain(`orders ${dead.port} unhealthy`)
  })

  it('leave all in service where too many are ill: it may be the check that is', async () => {
    const one = await target()
    const two = await target()
    one.state.status = two.state.status = 404
    const { fit, told } = await watched([one.port, two.port])
    expect(fit()).toHaveLength(2) // before the first check
    await vi.waitFor(() => expect(told).toHaveLength(2))
    expect(fit()).toHaveLength(2)
  })

  it('readmit who was ejected for failed calls', async () => {
    const one = await target()
    const two = await target()
    const { clock, picker, fit, told } = await watched([one.port, two.port])
    await vi.waitFor(() => expect(told).toHaveLength(2))
    for (let call = 0; call < 4 * defaultConsecutiveFailures; call++) {
      const lease = picker.acquire()
      lease?.release(lease.instance.port === two.port ? 'failure' : 'success')
    }
    await clock.advance(0)
    expect(fit()).toEqual([one.port])
    await clock.advance(interval * 1.2)
    await vi.waitFor(() => expect(told.at(-1)).toBe(`${two.port} readmitted: check`))
    await vi.waitFor(() => expect(fit()).toHaveLength(2))
  })

  it('ask the path that an instance registered, or for a connection alone', async () => {
    const one = await target()
    const backend = new MemoryRegistryBackend()
    await backend.register(sampleInstance({ name: 'orders', host: '127.0.0.1', port: one.port, healthCheckPath: '/own' }))
    const registered = await watched([], { healthCheck: true }, backend)
    await vi.waitFor(() => expect(registered.told).toEqual([`orders ${one.port} healthy`]))
    expect(one.state.paths).toEqual(['/own'])
    const bare = await watched([one.port], { healthCheck: true })
    await vi.waitFor(() => expect(bare.told).toEqual([`orders ${one.port} healthy`]))
    expect(one.state.paths).toEqual(['/own'])
  })

  it('are made of the services that are meant, each in its own way', async () => {
    const one = await target()
    const services = { orders: { healthCheck: { path: '/own' } }, others: { healthCheck: false } }
    const own = await watched([one.port], { services })
    await vi.waitFor(() => expect(own.told).toHaveLength(1))
    expect(one.state.paths).toEqual(['/own'])
    const none = await watched([one.port], { services: { orders: { healthCheck: false } } })
    expect(none.clock.pendingTimers).toBeLessThanOrEqual(1) // the refresh of the list
    const only = await watched([one.port], { healthCheck: false, services })
    await vi.waitFor(() => expect(only.told).toHaveLength(1))
    expect(one.state.paths).toEqual(['/own', '/own'])
  })

  it('have their options checked', () => {
    const pathsOf = (config: unknown) => discoveryProblems(config).map(({ path }) => path)
    const wrong = { path: 'health', interval: 1, timeout: 0, healthyThreshold: 0, unhealthyThreshold: 1.5, typ: 'http' }
    expect(pathsOf({ healthCheck: wrong }).sort()).toEqual(
      Object.keys(wrong)
        .map((name) => `healthCheck.${name}`)
        .sort(),
    )
    expect(pathsOf({ services: { orders: { healthCheck: { path: '' } } } })).toEqual(['services.orders.healthCheck.path'])
    expect(pathsOf({ services: { orders: { health: true } } })).toEqual(['services.orders.health'])
    expect(pathsOf({ services: 5 })).toEqual(['services'])
    expect(pathsOf({ healthCheck: 'yes' })).toEqual(['healthCheck'])
    expect(pathsOf({ healthCheck: true, services: { orders: { healthCheck: false } } })).toEqual([])
  })
})
