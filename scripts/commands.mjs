// Commands of the machine, and how to get those that are missing.
import { spawnSync } from 'node:child_process'
import { platform } from 'node:os'

/** Whether the shell finds the command on the PATH. */
export const hasCommand = (name) => platform() !== 'win32' && succeeds('sh', '-c', `command -v ${name}`)

/**
 * Installs the Debian package of a missing command where that is possible without asking anyone: with apt, as root or by sudo without a
 * password.
 *
 * @param {string} name
 * @param {{ debianPackage?: string }} [options] the package, where it is not called as the command
 * @returns {boolean} whether the command is there now
 */
export function ensureCommand(name, { debianPackage = name } = {}) {
  if (hasCommand(name)) return true
  const [file, ...args] = asRoot('sh', '-c', installScript, 'install', debianPackage)
  if (file === undefined || !hasCommand('apt-get')) return false
  console.error(`Installing ${debianPackage} with apt …`)
  const { stderr } = spawnSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  if (!hasCommand(name)) console.error(stderr.trim())
  return hasCommand(name)
}

/**
 * Debian starts a server when its package is installed, and whoever installs one for tests wants only the command. Until the script ends,
 * policy-rc.d refuses every start; where the machine has one, its owner has decided already. RUNLEVEL=1 says the same to the scripts of
 * System V. The lists of packages are brought up to date only where they do not lead to the package.
 */
const installScript = `
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod 755 "$policy"
fi
get() { apt-get install -y -qq --no-install-recommends "$1"; }
get "$1" 2>/dev/null || { apt-get update -qq && get "$1"; }
`

/** The command as root runs it; nothing where we are not root and may not become it. */
function asRoot(...command) {
  if (process.getuid?.() === 0) return command
  return succeeds('sudo', '-n', 'true') ? ['sudo', '-n', ...command] : []
}

function succeeds(file, ...args) {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0
}
