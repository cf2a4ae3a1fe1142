import { expect, it } from 'vitest'
import type { GatewayConfig } from '../../src/index.js'
import { MemoryRegistryBackend, register, startGateway } from '../harness.js'
import { codeBlocks } from './documents.js'

const guide = 'docs/guides/explain-and-swap.md'

/** What the guide's example is of. */
const config: GatewayConfig = {
  limits: { maxBodyBytes: 1_048_576 },
  routes: [
    {
      path: '/users/**',
      methods: ['GET', 'POST'],
      serviceName: 'users',
      serviceConfig: { stripPrefix: '/users', addPrefix: '/internal' },
      versionRoute: {
        strategy: 'header',
        defaultVersion: 'v1',
        routes: { v1: { weight: 100, filter: { tags: ['v1'] } }, v2: { weight: 0, filter: { tags: ['v2'] } } },
      },
      trafficPolicy: { timeout: '5s', retry: { maxAttempts: 2 }, circuitBreaker: {}, adaptiveConcurrency: {} },
    },
    { path: '/users/:id/avatar', methods: ['GET'], serviceName: 'users' },
    { path: '/orders', serviceName: 'users' },
  ],
}

it(`${guide} shows an explanation as it is`, async () => {
  const backend = new MemoryRegistryBackend()
  await register(backend, 'users', 4002, { tags: ['v2'] })
  const { gateway } = await startGateway(config, backend)
  const blocks = codeBlocks(guide)
  const [, request = ''] = /explain\(\{([\s\S]*?)\n\}\)/.exec(blocks[0]?.code ?? '') ?? []
  expect(request).toContain("'Content-Length': '4096'")
  const headers = { Host: 'gateway.test', 'X-API-Version': 'v2', 'Content-Length': '4096', Connection: 'close' }
  const told = await gateway.explain({ method: 'POST', path: '/users/7/avatar', headers, clientIp: '203.0.113.9' })
  const lines = told.toString().split('\n')
  const shown = (blocks.find(({ language }) => language === 'text')?.code ?? '').trimEnd().split('\n')
  expect(shown.length).toBeGreaterThan(10)
  expect(lines.filter((line) => shown.includes(line))).toEqual(shown)
})
