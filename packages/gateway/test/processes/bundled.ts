import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterTest } from '../harness.js'

/** Of our sources, so that a process of its own runs what the test reads. @returns the file, and what removes it. */
export async function bundle(name: string): Promise<{ readonly file: string; readonly remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-gateway-'))
  const file = join(folder, `${name}.mjs`)
  const banner = { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)" }
  const external = ['ioredis', 'consul', '@kubernetes/client-node']
  const entry = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  await build({ entryPoints: [entry], outfile: file, bundle: true, platform: 'node', format: 'esm', banner, external })
  return {
    file,
    remove: () => {
      rmSync(folder, { recursive: true })
    },
  }
}

export interface Started<T> {
  readonly child: ChildProcess
  /** The first message that it sent. */
  readonly told: T
  readonly ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>
  /** What it said on stderr, which is nothing as long as all is well. */
  readonly complaints: () => string
}

/** Runs a bundle, and waits for its first message. Ends with the test. `listen` hears every message. */
export async function startProcess<T>(
  file: string,
  orders: object,
  listen?: (message: object, child: ChildProcess) => void,
): Promise<Started<T>> {
  const child = fork(file, [JSON.stringify(orders)], {
    execArgv: ['--unhandled-rejections=strict'],
    silent: true,
    serialization: 'advanced',
  })
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (complaints += chunk))
  if (listen !== undefined) child.on('message', (message: object) => listen(message, child))
  const ended = once(child, 'exit') as Started<T>['ended']
  afterTest(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const ready = new Promise<T>((resolve) => {
    const onMessage = (message: { readonly ready?: T }) => {
      if (message.ready !== undefined) resolve(message.ready)
    }
    child.on('message', onMessage)
  })
  const told = await Promise.race([ready, ended.then(() => Promise.reject(new Error(`it ended: ${complaints}`)))])
  return { child, told, ended, complaints: () => complaints }
}
