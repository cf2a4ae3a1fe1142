import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'
import { afterTest } from '../harness.js'

export interface Bundle {
  readonly file: string
  readonly remove: () => void
}

/** Of a file beside this one and our sources, so that a process of its own runs what the test reads. */
export function bundle(name: string): Promise<Bundle> {
  return bundled({ entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))] })
}

/** The same of a program that is given as text. */
export function bundleCode(contents: string): Promise<Bundle> {
  return bundled({ stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' } })
}

async function bundled(input: BuildOptions): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-gateway-'))
  const file = join(folder, 'program.mjs')
  // What is loaded when it is first needed is looked for from this package, not from where the bundle lies.
  const here = JSON.stringify(new URL('../../package.json', import.meta.url).href)
  const banner = { js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(${here})` }
  const define = { 'import.meta.url': here }
  const external = ['ioredis', 'consul', '@kubernetes/client-node']
  await build({ ...input, outfile: file, bundle: true, platform: 'node', format: 'esm', banner, define, external })
  return {
    file,
    remove: () => {
      rmSync(folder, { recursive: true })
    },
  }
}

type Ended = Promise<[code: number | null, signal: NodeJS.Signals | null]>

export interface Started<T> {
  readonly child: ChildProcess
  /** The first message that it sent. */
  readonly told: T
  readonly ended: Ended
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
  const ended = endOf(child)
  const ready = new Promise<T>((resolve) => {
    const onMessage = (message: { readonly ready?: T }) => {
      if (message.ready !== undefined) resolve(message.ready)
    }
    child.on('message', onMessage)
  })
  const told = await Promise.race([ready, ended.then(() => Promise.reject(new Error(`it ended: ${complaints}`)))])
  return { child, told, ended, complaints: () => complaints }
}

/** Runs a program as a user does, without a channel to the test. Ends with the test. */
export function runFile(file: string, env: Readonly<Record<string, string>>): { readonly child: ChildProcess; readonly ended: Ended } {
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env }, stdio: 'inherit' })
  return { child, ended: endOf(child) }
}

function endOf(child: ChildProcess): Ended {
  const ended = once(child, 'exit') as Ended
  afterTest(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return ended
}
