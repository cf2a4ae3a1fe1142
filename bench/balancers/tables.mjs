// The tables, in Markdown, so that a run can be pasted into the README as it is.
import { median, spread } from '../statistics.mjs'
import { CONTEXTS, grpcVersion, PEERS, SIZES, STRATEGIES } from './field.mjs'
import { CHANGES, ORDERS } from './updates.mjs'

/** Issue C's bars. */
const MOST_PICK_NANOS = 200
const MOST_EXTRA_BYTES = 1
const MOST_UPDATE_MS = 5

const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace('-', '−')

const table = (heads, lines) =>
  [`| ${heads.join(' | ')} |`, `|---|${'--:|'.repeat(heads.length - 1)}`, ...lines.map((cells) => `| ${cells.join(' | ')} |`), ''].join(
    '\n',
  )

const titleOf = (name) => {
  if (name === 'peak-ewma') return 'least-connections by peak-EWMA'
  return PEERS.includes(name) && name !== 'array' ? `${name} ${grpcVersion}` : name === 'array' ? 'plain array, in turns' : name
}

/** @param {readonly { round: number, kind: string, subject: object, sample: object }[]} measurements */
export const figuresOf = (measurements) => {
  const of = (kind, wanted) =>
    measurements
      .filter((one) => one.kind === kind && Object.entries(wanted).every(([part, value]) => one.subject[part] === value))
      .map(({ sample }) => sample)
  const extraBytes = (wanted) =>
    median(of('bytes', wanted).map(({ bytes }) => bytes)) - median(of('bytes', { name: 'bare lease' }).map(({ bytes }) => bytes))
  return {
    nanos: (wanted) => {
      const values = of('pick', wanted).map(({ nanos }) => nanos)
      return { least: Math.min(...values), median: median(values), spread: spread(values) }
    },
    extraBytes,
    /** Of all rounds' updates together. */
    updates: (wanted) => {
      const samples = of('update', wanted)
      const times = samples.flatMap((sample) => sample.times)
      return { median: median(times), greatest: Math.max(...times), hold: Math.max(...samples.map(({ longestHold }) => longestHold)) }
    },
  }
}

const picksTable = (figures) => {
  const cell = (wanted) => {
    const { least, median: middle, spread: around } = figures.nanos(wanted)
    return `${number(least)} (${number(middle)} ±${number(around * 100)} %)`
  }
  const heads = SIZES.flatMap((size) => CONTEXTS.map((context) => `${number(size)}, ${context}`))
  const ours = STRATEGIES.map((name) => [
    titleOf(name),
    ...SIZES.flatMap((size) => CONTEXTS.map((context) => cell({ name, size, context }))),
  ])
  const peers = PEERS.map((name) => [
    titleOf(name),
    ...SIZES.flatMap((size) => CONTEXTS.map((context) => (context === 'none' ? cell({ name, size, context }) : '–'))),
  ])
  return table(['ns a pick and a release; instances, context', ...heads], [...ours, ...peers])
}

const bytesTable = (figures) =>
  table(
    ['bytes a pick allocates beyond its lease', 'no context', 'typical'],
    STRATEGIES.map((name) => [titleOf(name), ...['none', 'typical'].map((context) => number(figures.extraBytes({ name, context }), 1))]),
  )

const updatesOf = (figures) => {
  const cell = (wanted) => {
    const { median: middle, greatest } = figures.updates(wanted)
    return `${number(middle, 2)} (${number(greatest, 1)})`
  }
  const line = (title, shown, order) => [shown, ...CHANGES.map((change) => cell({ title, change, order }))]
  const all = 'all six in one view'
  return [
    ...[...STRATEGIES, 'grpc-js round_robin'].map((name) => line(name, titleOf(name), ORDERS[0])),
    line(all, all, ORDERS[0]),
    line(all, `${all}, told in the order of arrival`, ORDERS[1]),
  ]
}

const barsOf = (figures, only) => {
  const bar = (title, value, most, digits) => ({ title, value, most, digits })
  const slowest = (name) => Math.max(...SIZES.flatMap((size) => CONTEXTS.map((context) => figures.nanos({ name, size, context }).least)))
  return [
    ...(only.includes('picks')
      ? STRATEGIES.map((name) => bar(`${titleOf(name)}: the slowest pick, ns`, slowest(name), MOST_PICK_NANOS, 0))
      : []),
    ...(only.includes('bytes')
      ? STRATEGIES.map((name) => {
          const most = Math.max(...['none', 'typical'].map((context) => figures.extraBytes({ name, context })))
          return bar(`${titleOf(name)}: bytes beyond the lease`, most, MOST_EXTRA_BYTES, 1)
        })
      : []),
    ...(only.includes('updates')
      ? [
          ...STRATEGIES.map((name) => {
            const slowest = Math.max(...CHANGES.map((change) => figures.updates({ title: name, change }).median))
            return bar(`${titleOf(name)}: update of one, the slowest kind's median, ms`, slowest, MOST_UPDATE_MS, 2)
          }),
        ]
      : []),
  ]
}

/** @returns the text, and how many bars are missed */
export const tables = (figures, only, { size }) => {
  const parts = []
  if (only.includes('picks')) parts.push(picksTable(figures))
  if (only.includes('bytes')) parts.push(bytesTable(figures))
  if (only.includes('updates')) {
    parts.push(table([`ms an update of one among ${number(size)}: median (greatest)`, ...CHANGES], updatesOf(figures)))
    const hold = Math.max(...['join', 'leave'].map((change) => figures.updates({ title: 'ip-hash', change }).hold))
    parts.push(`While ip-hash makes its next table in slices, the event loop stands still for at most ${number(hold, 1)} ms.\n`)
  }
  const bars = barsOf(figures, only)
  const verdict = ({ value, most }) => (value <= most ? 'ok' : '**over**')
  parts.push(
    table(
      ['bar', 'measured', 'at most', ''],
      bars.map((bar) => [bar.title, number(bar.value, bar.digits), number(bar.most, 0), verdict(bar)]),
    ),
  )
  return { text: parts.join('\n'), missed: bars.filter(({ value, most }) => value > most).length }
}
