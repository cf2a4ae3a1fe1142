import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

const folder = fileURLToPath(new URL('..', import.meta.url))
/** Its paths lead to the sources of the packages, so that no stale build is tested. */
const sources = fileURLToPath(new URL('../../../tsconfig.json', import.meta.url))

const children: ChildProcess[] = []

afterAll(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
})

export interface StarterProcess {
  readonly child: ChildProcess
  /** What it printed so far, errors included. */
  readonly output: () => string
  /** Resolves with the first match in the output; rejects when the process ends without one. */
  readonly printed: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Resolves with the exit code; `null` when a signal ended it. */
  readonly exited: Promise<number | null>
}

/** Starts the app as `npm start` does where nobody sits at a terminal; killed after the file's tests if it still runs. */
export function startStarter(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): StarterProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], {
    cwd: folder,
    env: { ...process.env, TSX_TSCONFIG_PATH: sources, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let output = ''
  const append = (chunk: Buffer) => {
    output += chunk.toString()
    child.emit('printed')
  }
  child.stdout.on('data', append)
  child.stderr.on('data', append)
  const exited = once(child, 'close').then(([code]) => code as number | null)

  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output)
        if (match === null) return
        child.off('printed', look)
        resolve(match)
      }
      child.on('printed', look)
      look()
      void exited.then((code) =>
        reject(new Error(`The starter ended with ${String(code)} and never printed ${String(pattern)}:\n${output}`)),
      )
    })
  return { child, output: () => output, printed, exited }
}

/** The starter with its gateway listening, and where. */
export async function startFullStack(): Promise<StarterProcess & { readonly url: string }> {
  const starter = startStarter()
  const [, port = ''] = await starter.printed(/The gateway listens on http:\/\/localhost:(\d+)/)
  return { ...starter, url: `http://127.0.0.1:${port}` }
}
