import { silentLogger } from '@hazeljs/core'
import { describe, expect, it, vi } from 'vitest'
import { type CanaryConfig, type GatewayConfig, GatewayServer } from '../src/index.js'
import { allToCanary } from './canaries.js'
import { afterTest, MemoryRegistryBackend, register, startUpstream } from './harness.js'

const canary: CanaryConfig = {
  stable: { version: '1', weight: 50 },
  canary: { version: '2', weight: 50 },
  promotion: { strategy: 'error-rate', stepInterval: '1h' },
}

/** A gateway with an instance of each of the versions, and its answer to a request that comes before it has heard of them. */
async function started(...versions: readonly string[]) {
  const backend = new MemoryRegistryBackend()
  for (const version of versions) {
    const { port } = await startUpstream((_request, response) => response.end(version))
    await register(backend, 'service', port, { metadata: { version } })
  }
  const config = { routes: [{ path: '/**', serviceName: 'service', canary }] }
  const gateway = GatewayServer.fromConfig(config, backend, { random: allToCanary })
  afterTest(() => gateway.close())
  gateway.startCanaries()
  const ask = async () => String((await gateway.handleRequest({ method: 'GET', path: '/' })).body)
  return { first: await ask(), ask, verdict: () => gateway.getCanaryEngine('/**')?.getStatus().verdict }
}

it('a first request that comes before the instances are known is no sign that the canary has none', async () => {
  const { first, ask, verdict } = await started('1', '2')
  expect([first, await ask()]).toEqual(['1', '2'])
  expect(verdict()?.code).not.toBe('no-instance')
})

it('once they are known, it is', async () => {
  const { ask, verdict } = await started('1')
  expect(await ask()).toBe('1')
  expect(verdict()?.code).toBe('no-instance')
})

describe('a gateway that listens', () => {
  const listening = async (config: GatewayConfig, start: boolean) => {
    const warn = vi.fn()
    const gateway = GatewayServer.fromConfig(config, new MemoryRegistryBackend(), { logger: { ...silentLogger, warn } })
    afterTest(() => gateway.close())
    if (start) gateway.startCanaries()
    await gateway.listen({ port: 0, host: '127.0.0.1' })
    return warn.mock.calls.map(([, message]: unknown[]) => message)
  }
  const withCanary = { routes: [{ path: '/**', serviceName: 'service', canary }] }

  it('says that its canaries were not started', async () => {
    expect(await listening(withCanary, false)).toEqual(['canaries split the traffic, and are judged from startCanaries() on'])
  })

  it('says nothing where they were, or where there are none', async () => {
    expect(await listening(withCanary, true)).toEqual([])
    expect(await listening({ routes: [{ path: '/**', serviceName: 'service' }] }, false)).toEqual([])
  })
})
