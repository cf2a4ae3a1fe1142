import { ensureCommand } from './commands.mjs'

/**
 * The servers that tests start for themselves: the command, the Debian package that brings it, the release of Debian to take it from where
 * the machine's own has none, and the test projects that need it. A test asks `serverIsMissing(command)` of test-servers/ whether to skip.
 */
const servers = [
  { command: 'redis-server', debianPackage: 'redis-server', projects: ['resilience', 'discovery', 'gateway', 'test-servers'] },
  // Debian 11 was the last one with Consul.
  { command: 'consul', debianPackage: 'consul', suite: 'bullseye', projects: ['discovery', 'test-servers'] },
  { command: 'etcd', debianPackage: 'etcd-server', projects: ['discovery', 'test-servers'] },
  { command: 'dnsmasq', debianPackage: 'dnsmasq-base', projects: ['discovery', 'test-servers'] },
  { command: 'curl', debianPackage: 'curl', projects: ['gateway'] }, // no server, and needed in the same way
  { command: 'kubectl', debianPackage: 'kubernetes-client', projects: ['discovery'] },
]

/** Installs the servers that `npm test` needs with these arguments, where it may, and says what is left out. */
export function ensureServers(vitestArgs) {
  const chosen = chosenProjects(vitestArgs)
  const needed = servers.filter(({ projects }) => chosen.length === 0 || projects.some((project) => chosen.includes(project)))
  for (const { command, debianPackage, suite, projects } of needed) {
    if (ensureCommand(command, { debianPackage, suite })) continue
    const consequence =
      process.env.CI === 'true' ? 'and will fail, since CI=true leaves nothing out' : 'and are skipped. CI=true makes that an error'
    console.error(
      `${command} is missing and could not be installed: tests of ${projects.join(', ')} need it ${consequence}.\n` +
        `To run them, put ${command} on the PATH (on Debian${suite === undefined ? ' and Ubuntu' : ` ${suite}`}: apt-get install ${debianPackage}).`,
    )
  }
}

/** The names given as `--project name` or `--project=name`; none where a pattern could mean any. */
function chosenProjects(args) {
  const names = args.flatMap((arg, index) => {
    if (arg.startsWith('--project=')) return [arg.slice('--project='.length)]
    return arg === '--project' ? args.slice(index + 1, index + 2) : []
  })
  return names.some((name) => /[*!]/.test(name)) ? [] : names
}
