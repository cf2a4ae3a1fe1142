import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startServer } from './cluster.fixture.js'
import { slice } from './slices.fixture.js'

const source = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** Runs a module as a process of its own in which an unhandled rejection is the end. */
async function run(contents: string, ...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-strict-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const outfile = join(folder, 'main.mjs')
  await build({
    stdin: { contents, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: {
      '@hazeljs/core': source('core/src/index.ts'),
      '@hazeljs/resilience': source('resilience/src/index.ts'),
      '@hazeljs/discovery/testing': source('discovery/src/testing/index.ts'),
      '@hazeljs/discovery': source('discovery/src/index.ts'),
    },
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)" },
    logLevel: 'error',
  })
  const child = spawn(process.execPath, ['--unhandled-rejections=strict', outfile, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

const setup = `
  import { setTimeout as pause } from 'node:timers/promises'
  import { DiscoveryClient, KubernetesRegistryBackend } from '@hazeljs/discovery'
  import { KubernetesApiServer } from '@hazeljs/discovery/testing'

  const server = await KubernetesApiServer.start()
  const config = {
    getCurrentContext: () => 'test',
    getContextObject: () => null,
    getCurrentCluster: () => ({ server: server.url }),
    applyToHTTPSOptions: async () => undefined,
  }
  const backend = new KubernetesRegistryBackend(config, { callTimeout: 1_000, idleTimeout: 50 })
  const labels = { 'kubernetes.io/service-name': 'orders' }
  const put = (address) => server.put({
    metadata: { name: 'orders-1', labels }, addressType: 'IPv4', endpoints: [{ addresses: [address] }], ports: [{ port: 80 }],
  })
  put('10.0.0.1')
`

describe('a process that discovers on Kubernetes', () => {
  it('has no unhandled rejection, whatever the API server does', async () => {
    const { code, output } = await run(`${setup}
      const client = new DiscoveryClient({ refreshInterval: 100 }, backend)
      client.on('stale', () => { throw new Error('a listener of the user') })
      const stop = backend.watch('orders', () => { throw new Error('another') })
      await client.getInstances('orders')
      const harm = [
        () => server.cutStreams(),
        () => server.stallStreams(),
        () => server.failStreams({ code: 410, reason: 'Expired', message: 'too old' }),
        () => server.failStreams({ code: 500, reason: 'InternalError', message: 'no' }),
        () => server.refuse(() => ({ code: 401, reason: 'Unauthorized', message: 'no' })),
        () => server.refuse(() => ({ code: 403, reason: 'Forbidden', message: 'no' })),
        () => server.refuse(() => undefined),
        () => server.freeze(),
        () => server.thaw(),
        () => server.kill(),
        () => server.restart(),
        () => { config.applyToHTTPSOptions = () => Promise.reject(new Error('no credentials')) },
        () => { config.applyToHTTPSOptions = () => { throw new Error('no credentials') } },
        () => { config.getCurrentCluster = () => ({ server: 'no url' }) },
        () => { config.getCurrentCluster = () => null },
        () => server.put(JSON.parse('{"metadata":{"name":"bad","labels":{"kubernetes.io/service-name":"orders"}},"endpoints":7}')),
      ]
      for (const hurt of harm) {
        await hurt()
        for (const ask of [() => backend.getInstances('orders'), () => backend.getAllServices(), () => backend.register({})]) {
          await ask().catch(() => undefined)
        }
        await pause(60)
      }
      stop()
      await client.close()
      await backend.close()
      await server.close()
      console.log('the end')
    `)
    expect(output).toContain('the end')
    expect(code).toBe(0)
  }, 30_000)

  it('is not kept alive by a watch', async () => {
    const server = await startServer()
    server.put(slice('orders-1', ['10.0.0.1']))
    const { code, output } = await run(
      `
      import { KubernetesRegistryBackend } from '@hazeljs/discovery'
      const backend = new KubernetesRegistryBackend({
        getCurrentContext: () => 'test',
        getContextObject: () => null,
        getCurrentCluster: () => ({ server: process.argv[2] }),
        applyToHTTPSOptions: async () => undefined,
      })
      setTimeout(() => console.log('nothing else is left'), 300)
      backend.watch('orders', (event) => console.log(event.kind, event.instances?.length))
      setTimeout(() => process.exit(3), 20_000).unref()
      `,
      server.url,
    )
    expect(server.count('watch')).toBe(1)
    expect(output).toBe('snapshot 1\nnothing else is left\n')
    expect(code).toBe(0)
  }, 30_000)
})
