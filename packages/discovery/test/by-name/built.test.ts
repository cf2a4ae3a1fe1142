import { build } from 'esbuild'
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { RedisServer, serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** Inside the package, where ioredis is found; what is built there is as tsup builds it. */
const folder = fileURLToPath(new URL('.generated/built/', import.meta.url))
const source = fileURLToPath(new URL('../../src/index.ts', import.meta.url))

const user = `
  const config = { backend: 'redis', backendConfig: { port: Number(process.argv[2]) } }
  const backend = createRegistryBackend(config)
  await backend.register({ id: 'a', name: 'orders', host: 'a', port: 1, protocol: 'http', metadata: {}, tags: [], status: 'UP', lastHeartbeat: 0, registeredAt: 0 })
  const client = new DiscoveryClient(config)
  console.log((await client.getInstances('orders')).length)
  await client.close()
  await backend.close()
  const registration = new ServiceRegistry({ name: 'users', port: 1, ...config })
  await registration.register()
  await registration.deregister()
`
const users = {
  'user.mjs': `import { createRegistryBackend, DiscoveryClient, ServiceRegistry } from './index.mjs'\n${user}`,
  'user.cjs': `const { createRegistryBackend, DiscoveryClient, ServiceRegistry } = require('./index.cjs')\nvoid (async () => {${user}})()`,
}
const isPeerLoaded = `import('./index.mjs').then(() => console.log("loaded:", Object.keys(require.cache).filter((path) => /ioredis|consul|client-node/.test(path)).length))`

describe.skipIf(serverIsMissing('redis-server'))('the built package', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
    mkdirSync(folder, { recursive: true })
    const peers = ['ioredis', 'consul', '@kubernetes/client-node', '@grpc/*', 'undici']
    for (const [format, outfile] of [
      ['esm', 'index.mjs'],
      ['cjs', 'index.cjs'],
    ] as const) {
      const common = { outfile: join(folder, outfile), bundle: true, platform: 'node', target: 'node20.18' } as const
      await build({ ...common, entryPoints: [source], external: [...peers], format, logLevel: 'error' })
    }
    for (const [file, code] of Object.entries(users)) writeFileSync(join(folder, file), code)
    writeFileSync(join(folder, 'loaded.cjs'), isPeerLoaded)
  }, 60_000)
  afterAll(async () => {
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  const output = async (file: string) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--unhandled-rejections=strict', join(folder, file), String(server.port)],
      {
        timeout: 30_000,
      },
    )
    return stdout.trim()
  }

  it.each(Object.keys(users))(
    'loads the client in %s, and the process ends once all is closed',
    async (file) => {
      expect(await output(file)).toBe('1')
    },
    60_000,
  )

  it('loads none before one is needed', async () => {
    expect(await output('loaded.cjs')).toMatch(/ 0$/)
  }, 60_000)
})
