import { spawnSync } from 'node:child_process'

/**
 * Whether to skip the tests that need a server, for `describe.skipIf`: its command is missing. With `CI=true` nothing is skipped, and the
 * tests fail for want of it. `npm test` installs what `scripts/servers.mjs` lists.
 */
export function serverIsMissing(command: string): boolean {
  return process.env.CI !== 'true' && spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0
}
