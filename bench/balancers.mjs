// What a pick and an update of one among many cost: each strategy beside a plain array and the pickers of @grpc/grpc-js. README.md says how to
// read it. `pnpm bench:balancers`, after `pnpm build`.
import { existsSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine, runCommand } from './machine.mjs'
import { fromWhereTyped, givenArguments, pick, wholeNumber } from './options.mjs'
import { hardwareLine } from './report.mjs'

const SUBJECTS = ['picks', 'bytes', 'updates'].map((name) => ({ name }))

const USAGE = `Usage: pnpm bench:balancers [options]
  --rounds N   how often everything is measured              (default 5)
  --ms N       of a slice, whole; the cheapest slice counts  (default 5)
  --slices N   of each measurement of picks                  (default 20)
  --warmup N   ms before each measurement of picks, whole    (default 200)
  --picks N    whose allocations are counted                 (default 200,000)
  --updates N  of each kind                                  (default 60)
  --settle N   ms for tables that are made in slices         (default 300)
  --size N     instances that an update is among             (default 10,000)
  --only a,b   (${SUBJECTS.map(({ name }) => name).join(', ')})
  --json FILE  every measurement
  --no-bars    end well even where a bar is missed`

const readOptions = () => {
  const text = (value) => ({ type: 'string', ...(value === undefined ? {} : { default: value }) })
  const { values } = parseArgs({
    args: givenArguments(),
    options: {
      rounds: text('5'),
      ms: text('5'),
      slices: text('20'),
      warmup: text('200'),
      picks: text('200000'),
      updates: text('60'),
      settle: text('300'),
      size: text('10000'),
      only: text(),
      json: text(),
      'no-bars': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    help: values.help,
    rounds: wholeNumber('rounds', values.rounds, 1, 1_000),
    only: pick('only', SUBJECTS, values.only).map(({ name }) => name),
    json: values.json,
    judged: !values['no-bars'],
    measuring: {
      ms: wholeNumber('ms', values.ms, 1, 10_000),
      slices: wholeNumber('slices', values.slices, 1, 1_000),
      warmup: wholeNumber('warmup', values.warmup, 1, 60_000),
      picks: wholeNumber('picks', values.picks, 1_000, 1_000_000),
      updates: wholeNumber('updates', values.updates, 1, 100_000),
      settle: wholeNumber('settle', values.settle, 1, 10_000),
      size: wholeNumber('size', values.size, 100, 100_000),
    },
  }
}

const subjectsOf = ({ STRATEGIES, PEERS, SIZES, CONTEXTS }, { CHANGES, ORDERS }, only) => {
  const asked = (name, subjects) => (only.includes(name) ? subjects : [])
  const picks = SIZES.flatMap((size) => [
    ...STRATEGIES.flatMap((name) => CONTEXTS.map((context) => ({ name, size, context }))),
    ...PEERS.map((name) => ({ name, size, context: 'none' })),
  ])
  const largest = SIZES.at(-1)
  const bytes = STRATEGIES.flatMap((name) => ['none', 'typical'].map((context) => ({ name, size: largest, context })))
  const one = [...STRATEGIES, 'grpc-js round_robin'].map((name) => ({ title: name, strategies: [name] }))
  const all = { title: 'all six in one view', strategies: STRATEGIES.filter((name) => name !== 'peak-ewma') }
  const updates = CHANGES.flatMap((change) => [
    ...one.map((who) => ({ ...who, change, order: ORDERS[0] })),
    ...ORDERS.map((order) => ({ ...all, change, order })),
  ])
  return [
    ...asked('picks', picks).map((subject) => ({ kind: 'pick', subject })),
    ...asked('bytes', [{ name: 'bare lease', size: 1, context: 'none' }, ...bytes]).map((subject) => ({ kind: 'bytes', subject })),
    ...asked('updates', updates).map((subject) => ({ kind: 'update', subject })),
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

/** The young generation holds all that a measurement of bytes allocates; the others run as servers do. */
const nodeOptions = (kind) => (kind === 'bytes' ? ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'] : [])

const inProcess = async ({ kind, subject }, measuring) => {
  const file = fileURLToPath(new URL('./balancers/measure.mjs', import.meta.url))
  const args = [kind, JSON.stringify(subject), JSON.stringify(measuring)]
  return JSON.parse(await runCommand([process.execPath, [...nodeOptions(kind), file, ...args]]))
}

const main = async () => {
  if (!existsSync(new URL('../packages/discovery/dist/index.js', import.meta.url)))
    throw new Error('packages/discovery is not built (pnpm build)')
  const options = readOptions()
  if (options.help) return console.log(USAGE)
  const field = await import('./balancers/field.mjs')
  const updates = await import('./balancers/updates.mjs')
  const { figuresOf, tables } = await import('./balancers/tables.mjs')
  const subjects = subjectsOf(field, updates, options.only)
  const measurements = []
  for (let round = 0; round < options.rounds; round++) {
    for (const one of shuffled(subjects)) measurements.push({ round, ...one, sample: await inProcess(one, options.measuring) })
    console.error(`round ${round + 1} of ${options.rounds} is over`)
  }
  const { rounds, measuring } = options
  console.log(`\n${hardwareLine(describeMachine(null))}\n${rounds} rounds; picks: ${measuring.slices} slices of ${measuring.ms} ms each.\n`)
  const { text, missed } = tables(figuresOf(measurements), options.only, measuring)
  console.log(text)
  if (options.json !== undefined)
    writeFileSync(fromWhereTyped(options.json), `${JSON.stringify({ machine: describeMachine(null), options, measurements }, null, 2)}\n`)
  process.exit(options.judged && missed > 0 ? 1 : 0)
}

main().catch((error) => {
  console.error(error.message)
  process.exit(1)
})
