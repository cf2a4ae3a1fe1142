// What a package adds to its user's bundle: minified, gzipped, without what the user installs beside it. Subpaths are optional and do not
// count. Fails where a package is over its budget; `--files packages/NAME` lists what its sources weigh.
import './require-node.mjs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { ensureBuilt, packages, readJson, root } from './workspace.mjs'

/**
 * Who uses a package pays for the names that they import, so its budget is for those that are its core, in bytes of its own code, the other
 * packages not counted. `parts`: the names that come on top where somebody wants them. A package without a budget is only measured.
 */
const budgets = new Map([
  [
    '@hazeljs/resilience',
    {
      bytes: 12_000,
      core: ['CircuitBreaker', 'RetryPolicy', 'Timeout', 'Bulkhead', 'RateLimiter', 'compose'],
      parts: {
        RetryBudget: ['RetryBudget'],
        MetricsCollector: ['MetricsCollector'],
        CircuitBreakerRegistry: ['CircuitBreakerRegistry'],
        Hedge: ['Hedge'],
        AdaptiveConcurrencyLimiter: ['AdaptiveConcurrencyLimiter'],
        FallbackPolicy: ['FallbackPolicy'],
        standard: ['standard'],
        decorators: ['WithBulkhead', 'WithCircuitBreaker', 'WithPolicy', 'WithRateLimit', 'WithRetry', 'WithTimeout', 'Fallback'],
      },
    },
  ],
])
const heaviest = 25

const manifests = packages.map((path) => ({ path, ...readJson(`${path}/package.json`) }))
const named = process.argv.indexOf('--files') + 1
if (named > 0) await listFiles(process.argv[named])
else await compareWithBudgets()

async function compareWithBudgets() {
  await ensureBuilt()
  const rows = [['', 'own code', 'with @hazeljs/*', 'budget']]
  for (const { path, name, module } of manifests) {
    const entry = join(root, path, module)
    const whole = await weigh(entry, ['*'])
    rows.push([`${name}, all of it`, ...whole.map(kilobytes), ''])
    const budget = budgets.get(name)
    if (budget !== undefined) rows.push(...(await budgetRows(path, entry, budget)))
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  for (const row of rows)
    console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '))
}

/** The core, and under it what each part adds to that: what it shares with the core costs nothing more. */
async function budgetRows(path, entry, { bytes, core, parts }) {
  const weights = await weigh(entry, core)
  const rows = [[`  ${core.join(', ')}`, ...weights.map(kilobytes), kilobytes(bytes)]]
  for (const [part, names] of Object.entries(parts)) {
    const together = await weigh(entry, [...core, ...names])
    rows.push([`    and ${part}`, ...together.map((weight, column) => `+${kilobytes(weight - weights[column])}`), ''])
  }
  if (weights[0] > bytes) {
    console.error(`${path} is ${weights[0] - bytes} bytes over its budget; what weighs most: node scripts/size.mjs --files ${path}`)
    process.exitCode = 1
  }
  return rows
}

/** Bytes of `names` from `entry` and of what they need: without the other packages, and with them. */
async function weigh(entry, names) {
  return [gzipped(await bundle(entry, names, { packages: 'external' })), gzipped(await bundle(entry, names, { external: foreign() }))]
}

/** Of the sources, for in the built entry they are one file. Single files are not gzipped: they would weigh more apart than together. */
async function listFiles(path) {
  const { core = ['*'] } = budgets.get(readJson(`${path}/package.json`).name) ?? {}
  const result = await bundle(join(root, path, 'src/index.ts'), core, { packages: 'external' })
  const [{ inputs }] = Object.values(result.metafile.outputs)
  const files = Object.entries(inputs).sort(([, one], [, other]) => other.bytesInOutput - one.bytesInOutput)
  for (const [file, { bytesInOutput }] of files.slice(0, heaviest)) console.log(`${String(bytesInOutput).padStart(6)}  ${file}`)
  console.log(`${String(result.outputFiles[0].contents.length).padStart(6)}  minified, ${gzipped(result)} gzipped`)
}

function bundle(entry, names, options) {
  const what = names.includes('*') ? '*' : `{ ${names.join(', ')} }`
  return build({
    absWorkingDir: root,
    stdin: { contents: `export ${what} from ${JSON.stringify(entry)}`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.18',
    metafile: true,
    write: false,
    tsconfigRaw: {}, // ours resolves the other packages to their sources, and no external package would be one
    ...options,
  })
}

/** What the packages depend on and did not write. */
function foreign() {
  const names = manifests.flatMap(({ dependencies = {}, peerDependencies = {} }) => [
    ...Object.keys(dependencies),
    ...Object.keys(peerDependencies),
  ])
  return [...new Set(names)].filter((name) => !name.startsWith('@hazeljs/'))
}

function gzipped({ outputFiles: [{ contents }] }) {
  return gzipSync(contents, { level: 9 }).length
}

function kilobytes(bytes) {
  return `${(bytes / 1_000).toFixed(2)} kB`
}
