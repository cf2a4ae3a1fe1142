// Whether a soak passed, and its report in Markdown.
import { machineLine } from '../report.mjs'

const MIB = 2 ** 20
/** What the heap, after a collection, may grow by over the run's second half, on the straight line through its samples (least squares). */
const MOST_GROWTH_MIB = 8
/** A second, on a machine with much else to do: fewer, and the soak proves nothing. */
const LEAST_ANSWERS = 5

/** @param {readonly { atMs: number, heapUsed: number }[]} samples @returns bytes a millisecond */
const slopeOf = (samples) => {
  const n = samples.length
  const meanX = samples.reduce((sum, { atMs }) => sum + atMs, 0) / n
  const meanY = samples.reduce((sum, { heapUsed }) => sum + heapUsed, 0) / n
  const spread = samples.reduce((sum, { atMs }) => sum + (atMs - meanX) ** 2, 0)
  return spread === 0 ? 0 : samples.reduce((sum, { atMs, heapUsed }) => sum + (atMs - meanX) * (heapUsed - meanY), 0) / spread
}

/** @returns what was missed, one line each, and by how many MiB the heap grew over the second half */
export const missedBars = ({ samples, before, after, tally, seconds }) => {
  const missed = []
  const half = samples.filter(({ atMs }) => atMs >= (seconds * 1_000) / 2)
  const growth = (slopeOf(half) * seconds * 500) / MIB
  if (half.length < 3) missed.push('too few samples')
  if (growth > MOST_GROWTH_MIB) missed.push(`the heap grew by ${growth.toFixed(1)} MiB over the second half, more than ${MOST_GROWTH_MIB}`)
  for (const kind of ['mixed', 'lost'])
    if (tally.of(kind) > 0) missed.push(`${tally.of(kind)} ${kind}: ${tally.examples.get(kind).join(' | ')}`)
  if (tally.of('answers') < seconds * LEAST_ANSWERS) missed.push(`only ${tally.of('answers')} answers`)
  for (const fault of after.faults) missed.push(fault)
  for (const [name, count] of Object.entries(after.resources))
    if (count > (before.resources[name] ?? 0))
      missed.push(`${count} of ${name} after the quiet, ${before.resources[name] ?? 0} at the start`)
  if (after.files > before.files) missed.push(`${after.files} open files after the quiet, ${before.files} at the start`)
  if (after.upstreamSockets > 0) missed.push(`${after.upstreamSockets} connections at the instances after the quiet`)
  return { missed, growth }
}

const cells = (...values) => `| ${values.join(' | ')} |`
const mib = (bytes) => (bytes / MIB).toFixed(1)
const total = (resources) => Object.values(resources).reduce((sum, count) => sum + count, 0)

/** @param {readonly object[]} samples those of the table are spread over the run */
const sampleTable = (samples, before, after) => {
  const step = Math.max(1, Math.floor(samples.length / 10))
  const row = (name, { rss, heapUsed, files, resources, mostListeners, delayP99Ms, upstreamSockets }) =>
    cells(name, mib(rss), mib(heapUsed), files ?? '', total(resources), upstreamSockets ?? '', mostListeners, delayP99Ms.toFixed(0))
  return [
    cells('', 'RSS MiB', 'heap MiB', 'open files', 'resources', 'at the instances', 'listeners', 'loop p99 ms'),
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    row('before', before),
    ...samples.filter((_, index) => index % step === 0).map((sample) => row(`${Math.round(sample.atMs / 1_000)} s`, sample)),
    row('after the quiet', after),
  ].join('\n')
}

export const report = ({ samples, before, after, tally, seconds, machine }, { missed, growth }) =>
  [
    `${machineLine(machine)}`,
    '',
    sampleTable(samples, before, after),
    '',
    cells('what', 'how often'),
    '|---|--:|',
    ...[...tally.counts].sort(([a], [b]) => a.localeCompare(b)).map(([name, count]) => cells(name, count.toLocaleString('en-US'))),
    '',
    `${Math.round(tally.of('answers') / seconds).toLocaleString('en-US')} answers a second; the heap's second half, on a line: ${growth.toFixed(2)} MiB.`,
    missed.length === 0 ? 'Every bar held.' : `**Missed**:\n${missed.map((one) => `- ${one}`).join('\n')}`,
  ].join('\n')
