// .ci/run: every check, whatever the others say; then one line that counts them.
import './require-node.mjs'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleConsumer, entryPoints, installTarballs, packAll, typecheckConsumer } from './pack.mjs'
import { run } from './run.mjs'
import { root } from './workspace.mjs'

/** The oldest that the packages promise to run on, and every line since that is maintained. */
const nodeVersions = ['20.18.1', '20', '22', '24', '26']
const folder = mkdtempSync(join(tmpdir(), 'hazeljs-ci-'))
const total = { passed: 0, failed: 0 }

const testReport = join(folder, 'tests.json')
await step('tests', tests)
await check('conformance', () => script('conformance.mjs', '--check', '--report', testReport))
await check('lint', () => tool('eslint', '.', '--max-warnings', '0'))
await check('format', () => tool('prettier', '--check', '.'))
await check('types', () => tool('tsc', '-p', 'tsconfig.json'))
await check('layers and cycles', () => tool('depcruise', 'packages', 'examples', 'bench', 'test-servers'))
await check('unused files, exports and dependencies', () => tool('knip'))
await check('links in the documentation', () => script('check-links.mjs'))
await check('sizes', () => script('size.mjs'))
await check('changesets', changesets)

const tarballs = new Map()
await check('pack', async () => {
  for (const [name, tarball] of await packAll(folder)) tarballs.set(name, tarball)
  return { code: 0, output: '' }
})
for (const [name, tarball] of tarballs) {
  await check(`publint ${name}`, () => tool('publint', 'run', tarball, '--strict'))
  // Resolution of Node before 16 knows no subpaths such as /testing, and no Node that we support resolves so.
  await check(`types as published of ${name}`, () => tool('attw', tarball, '--profile', 'node16', '--no-definitely-typed', '--no-color'))
}

const consumer = join(folder, 'consumer')
await check('tarballs install', async () => {
  await installTarballs(consumer, tarballs)
  return { code: 0, output: '' }
})
await check('a strict user compiles', () => typecheckConsumer(consumer))
await check('a bundle keeps Symbol.metadata', () => bundleConsumer(consumer))
for (const version of nodeVersions)
  await check(`import and require on Node ${version}`, () => onNode(version, 'load.mjs', ...entryPoints()))

// A benchmark that nobody runs rots. This one measures nothing: it proves that the contestants answer rightly and that the table is written.
const smallest = ['--rounds', '1', '--seconds', '1', '--warmup', '1', '--only', 'ours-plain,ours-policies', '--workloads', 'small-get,post']
await check('benchmark runs', () => run(process.execPath, [join(root, 'bench/gateway.mjs'), ...smallest, '--no-install', '--node-load']))
const shortest = ['--rounds', '1', '--ms', '1', '--slices', '1', '--warmup', '1', '--keys', '1000', '--records', '1000', '--no-bars']
await check('benchmark of policies runs', () => run(process.execPath, [join(root, 'bench/policies.mjs'), ...shortest]))
const few = [
  '--rounds',
  '1',
  '--ms',
  '1',
  '--slices',
  '1',
  '--warmup',
  '1',
  '--picks',
  '1000',
  '--updates',
  '2',
  '--settle',
  '1',
  '--size',
  '100',
]
await check('benchmark of balancers runs', () => run(process.execPath, [join(root, 'bench/balancers.mjs'), ...few, '--no-bars']))
// This one has bars that hold on any machine.
await check('soak of 20 s', () => run(process.execPath, [join(root, 'bench/soak.mjs'), '--seconds', '20']))

rmSync(folder, { recursive: true, force: true })
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0

async function tests() {
  const { code, output } = await script('test.mjs', '--reporter=default', '--reporter=json', `--outputFile.json=${testReport}`)
  if (!existsSync(testReport)) return { passed: 0, failed: 1, output }
  const { numPassedTests: passed, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(testReport, 'utf8'))
  const skipped = numPendingTests + numTodoTests
  const omitted = process.env.CI === 'true' ? skipped : 0
  // A file that cannot be loaded, or an error outside of any test, fails the run without failing a test.
  const failed = numFailedTests + omitted + (code !== 0 && numFailedTests === 0 ? 1 : 0)
  return { passed, failed, output: failed > 0 ? output : skipped > 0 ? `${skipped} tests were skipped\n` : '' }
}

/** Every change of a package since the main branch says in a changeset what it means for users. */
async function changesets() {
  for (const branch of ['main', 'origin/main']) {
    const { code } = await run('git', ['rev-parse', '--verify', '--quiet', branch], { cwd: root })
    if (code === 0) return tool('changeset', 'status', `--since=${branch}`)
  }
  return tool('changeset', 'status', '--since=HEAD')
}

function onNode(version, ...args) {
  if (process.versions.node.startsWith(`${version}.`)) return run(process.execPath, args, { cwd: consumer })
  return run('npx', ['-y', '-p', `node@${version}`, 'node', ...args], { cwd: consumer })
}

function tool(name, ...args) {
  return run(join(root, 'node_modules/.bin', name), args, { cwd: root })
}

function script(name, ...args) {
  return run(process.execPath, [join(root, 'scripts', name), ...args], { cwd: root })
}

/** A check is one: it passed or it did not. */
function check(name, work) {
  return step(name, async () => {
    const { code, output } = await work()
    return code === 0 ? { passed: 1, failed: 0, output: '' } : { passed: 0, failed: 1, output }
  })
}

async function step(name, work) {
  const startedAt = Date.now()
  const { passed, failed, output } = await work().catch((error) => ({ passed: 0, failed: 1, output: `${error.message}\n` }))
  total.passed += passed
  total.failed += failed
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1)
  console.log(`== ${name}: ${failed > 0 ? 'FAILED' : 'ok'}, ${passed} passed, ${failed} failed, ${seconds} s`)
  if (output !== '') console.log(output)
}
