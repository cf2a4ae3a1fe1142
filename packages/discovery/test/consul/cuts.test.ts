import { build } from 'esbuild'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Consul from 'consul'
import { serverIsMissing } from 'hazeljs-test-servers'
import { describe, expect, it } from 'vitest'
import { ConsulRegistryBackend } from '@hazeljs/discovery'
import { sampleInstance } from '@hazeljs/discovery/testing'
import { record, withAgent } from './agent.fixture.js'

describe.skipIf(serverIsMissing('consul'))('a connection to Consul that is cut', { timeout: 30_000 }, () => {
  it('is made again by the watch, which misses nothing', () =>
    withAgent(async ({ server, backend: direct }) => {
      const sockets = new Set<Socket>()
      const proxy = createServer((socket) => {
        const upstream = connect(server.port, server.host)
        for (const one of [socket, upstream]) sockets.add(one.on('error', () => undefined))
        socket.pipe(upstream).pipe(socket)
      }).listen(0, '127.0.0.1')
      await once(proxy, 'listening')
      const address = proxy.address()
      const client = new Consul({ host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 })
      const backend = new ConsulRegistryBackend(client)
      const watch = record(backend, 'orders')
      await direct.register(sampleInstance({ port: 1 }))
      await direct.register(sampleInstance({ port: 2 }))
      await expect.poll(() => watch.last()?.ids.length).toBe(2)
      for (const socket of sockets) socket.destroy()
      await direct.deregister('orders:127.0.0.1:1')
      await direct.register(sampleInstance({ port: 3 }))
      await expect.poll(() => watch.last()?.ids, { timeout: 5_000 }).toEqual(['orders:127.0.0.1:2', 'orders:127.0.0.1:3'])
      expect(watch.events.map(({ kind }) => kind)).toContain('failure')
      expect(watch.events.flatMap(({ removed }) => removed)).toEqual(['orders:127.0.0.1:1 expired'])
      watch.stop()
      client.destroy()
      proxy.close()
      for (const socket of sockets) socket.destroy()
    }))
})

describe.skipIf(serverIsMissing('consul'))('a process that rejects what is unhandled', () => {
  it('lives through every outage, and ends by itself once the backend is closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hazeljs-consul-'))
    const outfile = join(folder, 'process.cjs')
    await build({
      entryPoints: [fileURLToPath(new URL('./outage-process.ts', import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      tsconfig: fileURLToPath(new URL('../../../../tsconfig.json', import.meta.url)),
      logLevel: 'error',
    })
    const child = fork(outfile, { execArgv: ['--unhandled-rejections=strict'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
    const [code] = (await once(child, 'exit')) as [number]
    expect([code, output.trim()]).toEqual([0, 'done'])
    rmSync(folder, { recursive: true })
  }, 30_000)
})
