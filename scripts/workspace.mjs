import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** The published packages, each after those it builds on. */
export const packages = ['core', 'resilience', 'discovery', 'gateway'].map((name) => `packages/${name}`)

export const starter = 'examples/gateway-starter'

export const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))

/** Runs pnpm in the version that the repository names, whether or not the machine has one. */
export function pnpm(...args) {
  // Without a terminal pnpm dares to replace node_modules only where CI says so.
  return run('npx', ['-y', readJson('package.json').packageManager, ...args], { cwd: root, env: { ...process.env, CI: 'true' } })
}

/** Installs what the lockfile says, unless that is what the last install did. */
export async function ensureInstalled() {
  const manifests = ['.', 'bench', 'test-servers', starter, ...packages].map((folder) => join(folder, 'package.json'))
  const digest = digestOf(['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests])
  await unlessDone('node_modules', digest, 'Installing dependencies', () => pnpm('install', '--frozen-lockfile'))
}

/** Builds every package, and the starter if it has a build, whose sources or whose dependencies' sources changed since its last build. */
export async function ensureBuilt() {
  let digest = digestOf(['package.json', 'pnpm-lock.yaml', 'tsconfig.json', 'tsconfig.base.json'])
  for (const folder of [...packages, starter]) {
    const { name, scripts } = readJson(join(folder, 'package.json'))
    if (scripts?.build === undefined) continue
    digest = digestOf(buildInputs(folder), digest)
    await unlessDone(join(folder, 'dist'), digest, `Building ${name}`, () => pnpm('--dir', folder, 'run', 'build'))
  }
}

function buildInputs(folder) {
  const sources = readdirSync(join(root, folder, 'src'), { recursive: true }).filter(
    (path) => /\.(ts|json)$/.test(path) && !path.endsWith('.test.ts'),
  )
  const settings = readdirSync(join(root, folder)).filter((path) => /\.(ts|json)$/.test(path))
  return [...settings, ...sources.map((path) => join('src', path))].sort().map((path) => join(folder, path))
}

function digestOf(paths, seed = '') {
  const digest = createHash('sha256').update(seed)
  for (const path of paths) digest.update(path).update(readFileSync(join(root, path)))
  return digest.digest('hex')
}

/** Makes `result`, unless the stamp of the last success says that the same inputs made it. Silent but for a line where there is work. */
async function unlessDone(result, digest, label, work) {
  const stamp = join(root, 'node_modules/.stamps', result.replaceAll(/[\\/]/g, '-'))
  if (existsSync(join(root, result)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  rmSync(stamp, { force: true }) // a failure leaves half a result, which no old stamp may vouch for
  process.stderr.write(`${label} …\n`)
  const { code, output } = await work()
  if (code !== 0) {
    process.stderr.write(output)
    process.stderr.write(`${label} failed.\n`)
    process.exit(1)
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, digest)
}
