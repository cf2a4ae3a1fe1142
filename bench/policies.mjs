// What a policy costs a call: ours, cockatiel's and opossum's, in turn; and how the cost grows with windows, keys and records. README.md says how to
// read it. `pnpm bench:policies`, after `pnpm build`.
import { existsSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine, runCommand } from './machine.mjs'
import { fromWhereTyped, givenArguments, pick, wholeNumber } from './options.mjs'
import { figuresOf } from './policies/figures.mjs'
import { barsTable, costsTable, growthTables, yardsticksLine } from './policies/tables.mjs'
import { hardwareLine } from './report.mjs'

const SCALING = ['windows', 'keys', 'metrics']
const WINDOW_SIZES = [10, 100, 1_000, 10_000, 100_000]

const usage = (subjects) => `Usage: pnpm bench:policies [options]
  --rounds N   how often everything is measured               (default 7)
  --ms N       of a slice, whole; the cheapest slice counts   (default 10)
  --slices N   of each measurement                            (default 20)
  --warmup N   ms before each measurement, whole              (default 500)
  --only a,b   (${subjects.map(({ name }) => name).join(', ')})
  --keys N     of the keyed limiter                           (default 1,000,000)
  --records N  of the collector whose memory is looked at     (default 10,000,000)
  --json FILE  every measurement
  --no-bars    end well even where a bar is missed`

const readOptions = (subjects) => {
  const text = (value) => ({ type: 'string', ...(value === undefined ? {} : { default: value }) })
  const { values } = parseArgs({
    args: givenArguments(),
    options: {
      rounds: text('7'),
      ms: text('10'),
      slices: text('20'),
      warmup: text('500'),
      only: text(),
      keys: text('1000000'),
      records: text('10000000'),
      json: text(),
      'no-bars': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    help: values.help,
    rounds: wholeNumber('rounds', values.rounds, 1, 1_000),
    only: pick('only', subjects, values.only).map(({ name }) => name),
    json: values.json,
    judged: !values['no-bars'],
    measuring: {
      ms: wholeNumber('ms', values.ms, 1, 10_000),
      slices: wholeNumber('slices', values.slices, 1, 1_000),
      warmup: wholeNumber('warmup', values.warmup, 1, 60_000),
      keys: wholeNumber('keys', values.keys, 10, 4_000_000),
      records: wholeNumber('records', values.records, 1, 1_000_000_000),
    },
  }
}

/** @returns groups of what is to be measured; a group's members are compared and stay next to each other */
const groupsOf = (rows, yardsticks, contestants, { only, measuring }) => {
  const group = (script, name, variants) => variants.map((variant) => ({ script, name, variant: String(variant) }))
  const asked = (name, ...groups) => (only.includes(name) ? groups : [])
  return [
    ...yardsticks.map((name) => group('measure', name, [''])),
    ...rows.flatMap((row) =>
      asked(
        row.name,
        group(
          'measure',
          row.name,
          contestants.filter((who) => who in row),
        ),
      ),
    ),
    ...asked('windows', group('scaling', 'count', WINDOW_SIZES), group('scaling', 'time', WINDOW_SIZES)),
    ...asked('keys', group('scaling', 'keys', [Math.ceil(measuring.keys / 10), measuring.keys])), // most keys are dropped, and none
    ...asked('metrics', group('scaling', 'metrics', [0])),
  ]
}

const shuffled = (list) => {
  const copy = [...list]
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[copy[last], copy[other]] = [copy[other], copy[last]]
  }
  return copy
}

const inProcess = async (script, ...args) => {
  const file = fileURLToPath(new URL(`./policies/${script}.mjs`, import.meta.url))
  return JSON.parse(await runCommand([process.execPath, ['--expose-gc', file, ...args]]))
}

const main = async () => {
  if (!existsSync(new URL('../packages/resilience/dist/index.js', import.meta.url)))
    throw new Error('packages/resilience is not built (pnpm build)')
  const { CONTESTANTS, rows, YARDSTICKS } = await import('./policies/field.mjs')
  const subjects = [...rows, ...SCALING.map((name) => ({ name }))]
  const options = readOptions(subjects)
  if (options.help) return console.log(usage(subjects))
  const complaints = await inProcess('measure', 'check')
  if (complaints.length > 0) throw new Error(complaints.join('\n'))

  const groups = groupsOf(rows, YARDSTICKS, CONTESTANTS, options)
  const measurements = []
  for (let round = 0; round < options.rounds; round++) {
    for (const subject of shuffled(groups).flatMap(shuffled)) {
      const sample = await inProcess(subject.script, subject.name, subject.variant, JSON.stringify(options.measuring))
      measurements.push({ round, name: subject.name, variant: subject.variant, ...sample })
      const figures = Object.entries(sample).map(([figure, value]) => `${figure} ${Number(value.toPrecision(3))}`)
      console.error(`round ${round + 1}, ${subject.name} ${subject.variant}: ${figures.join(', ')}`)
    }
  }

  const figures = figuresOf(measurements)
  const asked = rows.filter(({ name }) => options.only.includes(name))
  const { rounds, measuring } = options
  console.log(`\n${hardwareLine(describeMachine(null))}\n${rounds} rounds of ${measuring.slices} slices of ${measuring.ms} ms.`)
  console.log(`${yardsticksLine(figures)}\n`)
  if (asked.length > 0) console.log(costsTable(asked, figures))
  console.log(growthTables(figures, measuring))
  const { text, missed } = barsTable(asked, figures)
  console.log(text)
  if (options.json !== undefined)
    writeFileSync(fromWhereTyped(options.json), `${JSON.stringify({ machine: describeMachine(null), options, measurements }, null, 2)}\n`)
  process.exit(options.judged && missed > 0 ? 1 : 0)
}

main().catch((error) => {
  console.error(error.message)
  process.exit(1)
})
