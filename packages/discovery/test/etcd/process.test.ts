import { build } from 'esbuild'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { serverIsMissing } from 'hazeljs-test-servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useEtcd } from './etcd.fixture.js'
import type { Orders, Told } from './etcd-process.js'
import { TcpProxy } from './tcp-proxy.fixture.js'

describe.skipIf(serverIsMissing('etcd'))('a process that uses etcd', () => {
  const etcd = useEtcd()
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-etcd-'))
  const outfile = join(folder, 'etcd-process.mjs')

  beforeAll(async () => {
    const entry = fileURLToPath(new URL('etcd-process.ts', import.meta.url))
    const banner = { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)" }
    const external = ['ioredis', 'consul', '@kubernetes/client-node']
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', banner, external })
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const start = async (orders: Orders) => {
    const execArgv = ['--unhandled-rejections=strict', '--no-warnings']
    const child = fork(outfile, [JSON.stringify(orders)], { execArgv, silent: true })
    const told: Told[] = []
    let output = ''
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
    child.on('message', (message: Told) => told.push(message))
    const ended = once(child, 'exit') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
    await Promise.race([once(child, 'message'), ended])
    return { child, ended, output: () => output, result: () => told.at(-1) }
  }

  it('survives every failure without an unhandled rejection, and ends though nothing was closed', { timeout: 40_000 }, async () => {
    const cut = await TcpProxy.to(etcd.server.port)
    const stalled = await TcpProxy.to(etcd.server.port)
    const refusing = await TcpProxy.to(etcd.server.port)
    await refusing.close()
    stalled.stall()
    const { ended, output, result } = await start({ endpoints: [etcd.server.url, cut.url, stalled.url, refusing.url], workMs: 3_000 })
    await pause(500)
    cut.cut()
    await etcd.server.kill()
    await pause(500)
    await etcd.server.restart()
    cut.cut()
    etcd.server.hang()
    await pause(1_000)
    etcd.server.wake()
    stalled.flow()
    await pause(200)
    cut.stall()
    const exit = await ended
    expect(output()).toBe('')
    expect(exit).toEqual([0, null])
    expect(result()?.calls).toBeGreaterThan(100)
    expect(result()?.failures).toEqual(['DiscoveryError'])
    await Promise.all([cut.close(), stalled.close()])
  })
})
