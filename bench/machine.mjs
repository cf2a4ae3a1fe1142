// Cores, ports and processes of the machine the benchmark runs on.
import { spawn, spawnSync } from 'node:child_process'
import net from 'node:net'
import os from 'node:os'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { hasCommand } from '../scripts/commands.mjs'

const START_TIMEOUT_MS = 10_000
const STOP_TIMEOUT_MS = 3_000
const STDERR_KEPT = 2_000

const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM') // not SIGKILL, which would leave nginx's worker behind
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** The cores this process may use, e.g. `0-1,4` as the kernel writes it. */
const allowedCores = () => {
  const printed = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' }).stdout ?? ''
  return (printed.split(':').at(-1) ?? '')
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })
}

/**
 * Which core the load and the upstream share, and which one the proxy has alone.
 *
 * @param {string | undefined} wanted `load,proxy`, e.g. `2,3`; default: the first two cores allowed
 * @returns {{ load: number, proxy: number } | null} `null` where nothing can be pinned
 */
export const chooseCores = (wanted) => {
  if (!hasCommand('taskset')) return null
  const [load, proxy] = wanted === undefined ? allowedCores() : wanted.split(',').map(Number)
  return load === undefined || proxy === undefined ? null : { load, proxy }
}

/** @returns {[string, string[]]} the command, bound to a core where there is one */
export const pinned = (core, command, args) => (core === undefined ? [command, args] : ['taskset', ['-c', String(core), command, ...args]])

/** A port nobody listens on now. */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = net.createServer().on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

const accepts = (port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

/**
 * Starts a server and waits until it accepts connections.
 *
 * @param {[string, string[]]} command
 * @param {Record<string, string>} env beside the current one
 * @param {number} port it will listen on
 * @throws {Error} with the end of its stderr, when it ends or stays deaf
 */
export const startServer = async ([file, args], env, port) => {
  const child = spawn(file, args, { env: { ...process.env, NODE_ENV: 'production', ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  const server = { pid: child.pid, child, stderr: '', ended: false }
  child.stderr.on('data', (chunk) => (server.stderr = (server.stderr + chunk).slice(-STDERR_KEPT)))
  child.on('error', (error) => Object.assign(server, { ended: true, stderr: error.message }))
  child.on('exit', () => {
    server.ended = true
    running.delete(child)
  })
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += 25) {
    await pause(25)
    if (server.ended) break
    if (await accepts(port)) return server
  }
  await stopServer(server)
  throw new Error(`it did not start: ${server.stderr.trim() || 'it never listened'}`)
}

/** Ends a server politely, and after a while for good. */
export const stopServer = async (server) => {
  if (server.ended) return
  server.child.kill('SIGTERM')
  for (let waited = 0; waited < STOP_TIMEOUT_MS && !server.ended; waited += 25) await pause(25)
  if (!server.ended) server.child.kill('SIGKILL')
}

/** Runs a command to its end. */
export const runCommand = ([file, args]) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => (stdout += chunk))
    child.stderr.on('data', (chunk) => (stderr += chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      running.delete(child)
      if (code === 0) resolve(stdout)
      else reject(new Error(`${file} ended with ${code}: ${stderr.trim().slice(-STDERR_KEPT)}`))
    })
  })

export const describeMachine = (cores) => ({
  cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
  cores: os.cpus().length,
  memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  system: `${os.type()} ${os.release()}`,
  node: process.version,
  pinned: cores === null ? 'nothing is pinned' : `load and upstream on core ${cores.load}, proxy on core ${cores.proxy}`,
})
