import { build } from 'esbuild'
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Orders, Told } from './registering-process.js'

const folder = mkdtempSync(join(tmpdir(), 'hazeljs-registration-'))
const file = join(folder, 'registering-process.mjs')
const children: ChildProcess[] = []

beforeAll(async () => {
  const entry = fileURLToPath(new URL('registering-process.ts', import.meta.url))
  const banner = { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)" }
  const external = ['ioredis', 'consul', '@kubernetes/client-node']
  await build({ entryPoints: [entry], outfile: file, bundle: true, platform: 'node', format: 'esm', banner, external })
})

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Makes a process the first one of its own namespace, as in a container. */
const asFirst = ['--pid', '--fork', '--kill-child']
const cannotBeFirst = spawnSync('unshare', [...asFirst, 'true']).status !== 0

/** A process with a registration, ready for its signal. */
async function registering(orders: Orders = {}, inContainer = false) {
  const strict = '--unhandled-rejections=strict'
  const start = inContainer ? { execPath: 'unshare', execArgv: [...asFirst, process.execPath, strict] } : { execArgv: [strict] }
  const child = fork(file, [JSON.stringify(orders)], { ...start, silent: true })
  children.push(child)
  const told: Told[] = []
  let output = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  child.on('message', (message: Told) => told.push(message))
  const ended = once(child, 'exit') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
  const until = async (holds: (told: Told) => boolean) => {
    while (!told.some(holds))
      await Promise.race([once(child, 'message'), ended.then(() => Promise.reject(new Error(`it ended: ${output}`)))])
  }
  await until(({ ready }) => ready !== undefined)
  const calls = () => told.flatMap(({ call, status }) => (call === undefined ? [] : [status === undefined ? call : `${call} ${status}`]))
  return { child, ended, told, calls, until, output: () => output }
}

const byItself = ['register UP', 'register OUT_OF_SERVICE', 'deregister']

describe.concurrent('a registered process', { timeout: 40_000 }, () => {
  it('takes itself out of service at SIGTERM, drains, deregisters, and dies by the signal', async () => {
    const { child, ended, calls, output } = await registering()
    child.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(calls()).toEqual(byItself)
    expect(output()).toBe('')
  })

  it.skipIf(cannotBeFirst)('ends as the first process of a container too, which no signal ends', async () => {
    const { child, ended, calls } = await registering({}, true)
    child.send('end yourself')
    expect(await ended).toEqual([143, null])
    expect(calls()).toEqual(byItself)
  })

  it('dies at once where nobody else sees its registry, or it was told so', async () => {
    for (const orders of [{ memory: true, config: { drain: '1h' } }, { config: { shutdownOnSignals: false, drain: '1h' } }] as const) {
      const { child, ended, told } = await registering(orders)
      expect(told.find(({ ready }) => ready !== undefined)?.ready).toEqual({ listeners: 0 })
      child.kill('SIGTERM')
      expect(await ended).toEqual([null, 'SIGTERM'])
    }
  })

  it('leaves SIGINT alone unless it was asked to heed it', async () => {
    const alone = await registering()
    alone.child.kill('SIGINT')
    expect(await alone.ended).toEqual([null, 'SIGINT'])
    expect(alone.calls()).toEqual(['register UP'])
    const asked = await registering({ config: { shutdownOnSignals: true } })
    asked.child.kill('SIGINT')
    expect(await asked.ended).toEqual([null, 'SIGINT'])
    expect(asked.calls()).toEqual(byItself)
  })

  it('leaves the end to a listener of its own, one that listens once included', async () => {
    const { child, ended, calls } = await registering({ own: 'once' })
    child.kill('SIGTERM')
    expect(await ended).toEqual([7, null])
    expect(calls()).toEqual(byItself)
  })

  it('lives on where its own listener lets it', async () => {
    const { child, until, calls } = await registering({ own: 'stays' })
    child.kill('SIGTERM')
    await until(({ call }) => call === 'deregister')
    await pause(200)
    child.send('alive?')
    await until(({ alive }) => alive === true)
    expect(calls()).toEqual(byItself)
  })

  it('takes a signal that a shell passes on twice for one', async () => {
    const { child, ended, calls } = await registering()
    child.kill('SIGTERM')
    child.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(calls()).toEqual(byItself)
  })

  it('dies at once by a second signal', async () => {
    const { child, ended, until, calls } = await registering({ config: { drain: '1h' } })
    child.kill('SIGTERM')
    await until(({ status }) => status === 'OUT_OF_SERVICE')
    await pause(1_500)
    child.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(calls()).toEqual(byItself.slice(0, 2))
  })

  it('drains no longer at a second signal, where the end is not ours', async () => {
    const { child, until, calls } = await registering({ own: 'stays', config: { drain: '1h' } })
    child.kill('SIGTERM')
    await until(({ status }) => status === 'OUT_OF_SERVICE')
    await pause(1_500)
    child.kill('SIGTERM')
    await until(({ call }) => call === 'deregister')
    expect(calls()).toEqual(byItself)
  })

  it('shares one listener among thirty registrations, and waits for all', async () => {
    const { child, ended, told, calls, output } = await registering({ registrations: 30 })
    expect(told.find(({ ready }) => ready !== undefined)?.ready).toEqual({ listeners: 1 })
    child.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(calls().filter((call) => call === 'deregister')).toHaveLength(30)
    expect(output()).toBe('')
  })

  it('ends by itself when nothing else is to be done: neither heartbeats nor checks nor signals keep it', async () => {
    const config = { healthCheckType: 'tcp', healthCheckInterval: 10, shutdownOnSignals: true } as const
    const { ended, output } = await registering({ memory: true, idle: true, config })
    expect(await ended).toEqual([0, null])
    expect(output()).toBe('')
  })

  it('dies in bounded time when the registry never answers', async () => {
    const { child, ended, output } = await registering()
    child.send('freeze')
    child.send('alive?')
    await once(child, 'message')
    child.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    expect(output()).toBe('')
  })
})
