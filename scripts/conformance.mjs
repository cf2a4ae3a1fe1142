// pnpm conformance: runs the tests that the rules name and writes docs/conformance.md from what came of them. Rules: scripts/conformance/.
// --report FILE: takes the results from a run that was made, by vitest's JSON reporter.
// --check: writes nothing; fails where the page is not the one that would be written.
import './require-node.mjs'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { conformancePage, filesNamed, judge, readDepartures, readReport, readRules } from './conformance-page.mjs'
import { run } from './run.mjs'
import { root } from './workspace.mjs'

const page = join(root, 'docs/conformance.md')
const rules = join(root, 'scripts/conformance')
const { values } = parseArgs({ options: { report: { type: 'string' }, check: { type: 'boolean', default: false } } })

const parts = readdirSync(rules)
  .filter((name) => /^\d/.test(name))
  .sort()
  .map((name) => readRules(readFileSync(join(rules, name), 'utf8')))
const departures = readDepartures(readFileSync(join(rules, 'not-followed.txt'), 'utf8'))
const { judged, problems } = judge(parts, readReport(await report()))
problems.push(...strayFailures())

const text = conformancePage(judged, departures)
if (problems.length > 0) {
  for (const problem of problems) console.error(problem)
  process.exitCode = 1
} else if (!values.check) writeFileSync(page, text)
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/conformance.md is not what these rules and results make: run pnpm conformance')
  process.exitCode = 1
}

async function report() {
  if (values.report !== undefined) return JSON.parse(readFileSync(values.report, 'utf8'))
  const folder = mkdtempSync(join(tmpdir(), 'hazeljs-conformance-'))
  const file = join(folder, 'tests.json')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const tests = filesNamed(parts).map((name) => `/${name}.test.ts`)
  const { output } = await run(process.execPath, [vitest, 'run', '--project', 'gateway', ...reporters, ...tests], { cwd: root })
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new Error(`the tests left no report:\n${output}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** To the report a test that failed as expected is one that passed: only one file may have such. */
function strayFailures() {
  const tests = ['src', 'test'].flatMap((folder) => {
    const path = `packages/gateway/${folder}`
    return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
  })
  return tests
    .filter((file) => file.endsWith('.test.ts') && !file.endsWith('conformance-gaps.test.ts'))
    .filter((file) => /\b(?:it|test)\.fails\b/.test(readFileSync(join(root, file), 'utf8')))
    .map((file) => `${file} has a test that is expected to fail: it belongs into conformance-gaps.test.ts, with a rule that names it`)
}
