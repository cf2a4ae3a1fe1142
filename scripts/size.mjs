// What a package's main entry adds to its user's bundle: minified, gzipped, without what the user installs beside it. Subpaths are optional
// parts and do not count. Fails where a package is over its budget; `--files packages/NAME` lists what its sources weigh.
import './require-node.mjs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { ensureBuilt, packages, readJson, root } from './workspace.mjs'

/** Bytes of a package's own code, the other packages not counted. A package without a budget is only measured. */
const budgets = new Map([['@hazeljs/resilience', 12_000]])
const heaviest = 25

const manifests = packages.map((path) => ({ path, ...readJson(`${path}/package.json`) }))
const named = process.argv.indexOf('--files') + 1
if (named > 0) await listFiles(process.argv[named])
else await compareWithBudgets()

async function compareWithBudgets() {
  await ensureBuilt()
  const rows = [['package', 'own code', 'with @hazeljs/*', 'budget']]
  for (const { path, name, module } of manifests) {
    const entry = join(root, path, module)
    const own = gzipped(await bundle(entry, { packages: 'external' }))
    const whole = gzipped(await bundle(entry, { external: foreign() }))
    const budget = budgets.get(name)
    rows.push([name, kilobytes(own), kilobytes(whole), budget === undefined ? '' : kilobytes(budget)])
    if (budget === undefined || own <= budget) continue
    console.error(`${name} is ${own - budget} bytes over its budget; what weighs most: node scripts/size.mjs --files ${path}`)
    process.exitCode = 1
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  for (const row of rows)
    console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '))
}

/** Of the sources, for the built entry is one file. Single files are not gzipped: they would weigh more apart than together. */
async function listFiles(path) {
  const result = await bundle(join(root, path, 'src/index.ts'), { packages: 'external' })
  const [{ inputs }] = Object.values(result.metafile.outputs)
  const files = Object.entries(inputs).sort(([, one], [, other]) => other.bytesInOutput - one.bytesInOutput)
  for (const [file, { bytesInOutput }] of files.slice(0, heaviest)) console.log(`${String(bytesInOutput).padStart(6)}  ${file}`)
  console.log(`${String(result.outputFiles[0].contents.length).padStart(6)}  minified, ${gzipped(result)} gzipped`)
}

function bundle(entry, options) {
  return build({
    absWorkingDir: root,
    entryPoints: [entry],
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
