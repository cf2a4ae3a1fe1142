// The tables, in Markdown, so that a run can be pasted into the README as it is.

/** Issue B's bars that are not about a single row of the field. */
const MOST_RECORD_NANOS = 50
const MOST_SNAPSHOT_MS = 0.2
/** A call in the largest window, over one in the smallest. */
const MOST_WINDOW_RATIO = 1.25
const MOST_RECORDS_MIB = 1
/** A limiter that drops a key for each new one, over one that has room. */
const MOST_DROP_RATIO = 2

const NOT_THERE = '–'
const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace('-', '−')
const withSpread = ({ least, median, spread }, digits) => `${number(least, digits)} (${number(median, digits)} ±${number(spread * 100)} %)`
const table = (heads, lines) =>
  [`| ${heads.join(' | ')} |`, `|---|${'--:|'.repeat(heads.length - 1)}`, ...lines.map((cells) => `| ${cells.join(' | ')} |`), ''].join(
    '\n',
  )

/** @typedef {import('./figures.mjs').Figures} Figures */

/** @param {Figures} figures */
export const yardsticksLine = (figures) => {
  const nanos = (name) => `${number(figures.plain(name, '', 'nanos').least)} ns`
  return `The bare awaited call: ${nanos('bare')}; performance.now(): ${nanos('clock')}; setTimeout and clearTimeout: ${nanos('timer')}.`
}

const beyondReads = (name, variant, total, figures) => total - figures.clockReads(name, variant) * figures.plain('clock', '', 'nanos').least

const beyondClock = (name, figures) => beyondReads(name, 'ours', figures.above(name, 'ours').least, figures)

/** @param {Figures} figures */
export const costsTable = (rows, figures) => {
  const peer = (row, who) =>
    who in row ? [withSpread(figures.above(row.name, who)), `**${number(figures.ratio(row.name, 'ours', who), 2)}**`] : [NOT_THERE, '']
  const lines = rows.map((row) => [
    row.title,
    withSpread(figures.above(row.name, 'ours')),
    number(figures.clockReads(row.name, 'ours'), 1).replace('.0', ''),
    number(beyondClock(row.name, figures)),
    ...peer(row, 'cockatiel'),
    ...peer(row, 'opossum'),
  ])
  return table(
    ['ns above the bare call', 'ours', 'clock reads', 'beyond them', 'cockatiel 3.2.1', 'ours / it', 'opossum 9.0.0', 'ours / it'],
    lines,
  )
}

/** @param {Figures} figures */
const windowsTable = (figures) => {
  const types = { count: 'the last N calls', time: 'the last N ms' }
  const sizes = figures.variants('count')
  const line = (type) => [types[type], ...sizes.map((size) => withSpread(figures.above(type, size)))]
  return table(
    ['circuit breaker, ns above the bare call; window N', ...sizes.map((size) => number(Number(size)))],
    [line('count'), line('time')],
  )
}

const keysTable = (figures, { keys }) => {
  const line = (limit) => {
    const of = (figure, digits) => number(figures.plain('keys', limit, figure).least, digits)
    return [`maxKeys ${number(Number(limit))}`, of('firstNanos'), of('againNanos'), of('beforeMiB'), of('afterMiB')]
  }
  const heads = [
    `rate limiter, ${number(keys)} keys`,
    'ns, first call of a key',
    'ns, a key in no order',
    'heap before, MiB',
    'heap after, MiB',
  ]
  return table(heads, figures.variants('keys').map(line))
}

const recordNanos = (figures) => beyondReads('metrics', '0', figures.plain('metrics', '0', 'nanos').least, figures)

const metricsTable = (figures, { records }) => {
  const of = (figure, digits) => withSpread(figures.plain('metrics', '0', figure), digits)
  return table(
    ['metrics', ''],
    [
      ['a record, ns', of('nanos')],
      [`a record beyond its clock reads (${figures.clockReads('metrics', '0')}), ns`, number(recordNanos(figures))],
      ['a snapshot with 10 calls in the window, ms', of('fewMs', 3)],
      ['a snapshot with 100,000 calls in the window, ms', of('manyMs', 3)],
      [`growth of the heap over ${number(records)} records, MiB`, number(figures.plain('metrics', '0', 'growthMiB').least, 2)],
    ],
  )
}

/** @param {Figures} figures */
export const growthTables = (figures, measuring) =>
  [
    ...(figures.variants('count').length > 0 ? [windowsTable(figures)] : []),
    ...(figures.variants('keys').length > 0 ? [keysTable(figures, measuring)] : []),
    ...(figures.variants('metrics').length > 0 ? [metricsTable(figures, measuring)] : []),
  ].join('\n')

/** @param {Figures} figures */
const barsOf = (rows, figures) => {
  const bar = (title, value, most, digits) => ({ title, value, most, digits })
  const bars = rows.flatMap((row) => [
    ...(row.most === undefined ? [] : [bar(`${row.title}, ns beyond clock reads`, beyondClock(row.name, figures), row.most, 0)]),
    ...['cockatiel', 'opossum']
      .filter((who) => who in row)
      .map((who) => bar(`${row.title}, ours / ${who}`, figures.ratio(row.name, 'ours', who), 1, 2)),
  ])
  for (const type of ['count', 'time']) {
    const sizes = figures.variants(type)
    if (sizes.length === 0) continue
    const [least, greatest] = [sizes[0], sizes.at(-1)].map((size) => figures.above(type, size).least)
    bars.push(bar(`${type} window, the largest / the smallest`, greatest / least, MOST_WINDOW_RATIO, 2))
  }
  const limits = figures.variants('keys')
  if (limits.length > 0) {
    const [dropping, keeping] = [limits[0], limits.at(-1)].map((limit) => figures.plain('keys', limit, 'firstNanos').least)
    bars.push(bar('a new key for which another is dropped / one for which none is', dropping / keeping, MOST_DROP_RATIO, 2))
  }
  if (figures.variants('metrics').length > 0)
    bars.push(
      bar('a record of metrics, ns beyond its clock reads', recordNanos(figures), MOST_RECORD_NANOS, 0),
      bar('a snapshot with 100,000 calls, ms', figures.plain('metrics', '0', 'manyMs').least, MOST_SNAPSHOT_MS, 3),
      bar('growth over all records, MiB', figures.plain('metrics', '0', 'growthMiB').least, MOST_RECORDS_MIB, 2),
    )
  return bars
}

/** @returns the table, and how many bars are missed */
export const barsTable = (rows, figures) => {
  const bars = barsOf(rows, figures)
  const verdict = ({ value, most }) => (value <= most ? 'ok' : '**missed**')
  const lines = bars.map((bar) => [bar.title, number(bar.value, bar.digits), number(bar.most, bar.digits), verdict(bar)])
  return { text: table(['bar', 'measured', 'at most', ''], lines), missed: bars.filter(({ value, most }) => value > most).length }
}
