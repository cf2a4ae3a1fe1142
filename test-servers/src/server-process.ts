import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const startTimeoutMs = 10_000
const pollMs = 10

/**
 * Runs a server and outlives us: when our end of its input closes, however we died, it kills the server and removes its folder. It stays the
 * server's parent until then, so that the process id means no other process. At the end it prints what the server said last.
 */
const guardian = `
folder=$1
shift
exec 3<&0
"$@" >"$folder/log" 2>&1 3<&- &
server=$!
echo "$server"
{ cat <&3; kill -9 "$server"; } >/dev/null 2>&1 &
wait "$server"
kill "$!" 2>/dev/null
tail -c 2000 "$folder/log"
rm -rf "$folder"
`

/** A real server that a test started, in a temporary folder of its own. It ends with the test's process, even if that is killed. */
export class ServerProcess {
  readonly pid: number
  readonly #guardian: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(pid: number, process: ChildProcess, ended: Promise<unknown>) {
    this.pid = pid
    this.#guardian = process
    this.#ended = ended
  }

  /**
   * Starts a command and waits until `isReady`. What it throws while the server is not up yet counts as no.
   *
   * @param command with its arguments, made for a fresh folder
   * @throws Error with the end of the server's output, when it ends or is not ready in 10 s
   */
  static async start(command: (folder: string) => readonly string[], isReady: (pid: number) => Promise<boolean>): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'hazeljs-server-'))
    const [name = '', ...args] = command(folder)
    // In a session of its own Ctrl-C does not reach it: it ends after the tests, not before.
    const child = spawn('sh', ['-c', guardian, 'guardian', folder, name, ...args], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
    child.stdin.on('error', () => undefined) // it ended before we did
    const ended = once(child, 'close')
    for (let waitedMs = 0; waitedMs < startTimeoutMs && child.exitCode === null; waitedMs += pollMs) {
      const pid = Number(/^(\d+)\n/.exec(output)?.[1])
      if (pid > 0 && (await isReady(pid).catch(() => false))) return new ServerProcess(pid, child, ended)
      await pause(pollMs)
    }
    child.stdin.end()
    await ended
    throw new Error(`${name} did not start: ${output.replace(/^\d+\n/, '').trim()}`)
  }

  /** Sends a signal: SIGSTOP makes a server that hangs, SIGCONT wakes it. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Kills it and waits for its end. Killing it again does nothing. */
  async kill(): Promise<void> {
    this.#guardian.stdin?.end()
    await this.#ended
  }
}

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('the probe has no port')
  return address.port
}
