import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Removes the folder when our end of its input closes, however we died, and once more for a server that wrote until it was killed too. */
const remover = 'cat >/dev/null; rm -rf "$1"; sleep 1; rm -rf "$1"'

/** A temporary folder that outlives the servers which use it, one after the other, and ends with the test's process. */
export function keptFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-data-'))
  const child = spawn('sh', ['-c', remover, 'remover', folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.unref()
  const input = child.stdin as typeof child.stdin & { unref(): void }
  input.unref() // it must not keep the test's process
  return folder
}
