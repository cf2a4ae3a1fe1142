import { expect, it } from 'vitest'
import { type CanaryConfig, GatewayServer } from '../src/index.js'
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
