// Commands of the machine, and how to get those that are missing.
import { spawnSync } from 'node:child_process'
import { platform } from 'node:os'
import { machineSources, sourceOfSuite } from './apt-source.mjs'

/** Whether the shell finds the command on the PATH. */
export const hasCommand = (name) => platform() !== 'win32' && succeeds('sh', '-c', `command -v ${name}`)

/**
 * Installs the Debian package of a missing command where that is possible without asking anyone: with apt, as root or by sudo without a
 * password.
 *
 * @param {string} name
 * @param {object} [options]
 * @param {string} [options.debianPackage] the package, where it is not called as the command
 * @param {string} [options.suite] the release of Debian to take it from, where the machine's own does not have it
 * @returns {boolean} whether the command is there now
 */
export function ensureCommand(name, { debianPackage = name, suite } = {}) {
  if (hasCommand(name)) return true
  const source = suite === undefined ? undefined : sourceOfSuite(machineSources(), suite)
  const [file, ...args] = asRoot('sh', '-c', installScript, 'install', debianPackage, source ?? '')
  if (file === undefined || !hasCommand('apt-get')) return false
  console.error(`Installing ${debianPackage} with apt …`)
  const { stderr } = spawnSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  if (!hasCommand(name)) console.error(stderr.trim())
  return hasCommand(name)
}

/**
 * Debian starts a server when its package is installed, and whoever installs one for tests wants only the command. Until the script ends,
 * policy-rc.d refuses every start; where the machine has one, its owner has decided already. RUNLEVEL=1 says the same to the scripts of
 * System V. The lists of packages are brought up to date only where they do not lead to the package. What only another release has is
 * fetched through lists of its own in a temporary folder, so that the machine's own configuration and lists stay as they are; what it
 * depends on comes from the machine's own release.
 */
const installScript = `
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
policy=/usr/sbin/policy-rc.d
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ ! -e "$policy" ]; then
  trap 'rm -rf "$work" "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod 755 "$policy"
fi
get() { apt-get install -y -qq --no-install-recommends "$1"; }
apart() {
  apt-get -qq -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/parts" -o Dir::State::Lists="$work/lists" \\
    -o Dir::Cache::PkgCache= -o Dir::Cache::SrcPkgCache= "$@"
}
get_from() {
  chmod 755 "$work"
  mkdir -p "$work/parts" "$work/lists/partial"
  printf '%s' "$2" >"$work/parts/suite.sources"
  cd "$work" && apart update && apart download "$1" && get ./"$1"_*.deb
}
get "$1" 2>/dev/null || { apt-get update -qq && get "$1"; } || { [ -n "$2" ] && get_from "$1" "$2"; }
`

/** The command as root runs it; nothing where we are not root and may not become it. */
function asRoot(...command) {
  if (process.getuid?.() === 0) return command
  return succeeds('sudo', '-n', 'true') ? ['sudo', '-n', ...command] : []
}

function succeeds(file, ...args) {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0
}
