// The tables, in Markdown, so that a run can be pasted into the README as it is.
import { median } from './statistics.mjs'

const NAMES = { cpuMicros: 'CPU-µs per request', requestsPerSecond: 'req/s', p50Ms: 'p50 ms', p99Ms: 'p99 ms', rssMiB: 'RSS MiB' }
const DIGITS = { cpuMicros: 1, requestsPerSecond: 0, p50Ms: 2, p99Ms: 2, rssMiB: 0 }

const cell = (metric, figures) => {
  const value = figures.median.toLocaleString('en-US', { minimumFractionDigits: DIGITS[metric], maximumFractionDigits: DIGITS[metric] })
  const ratio = figures.ratio === null ? '' : ` · **${figures.ratio.toFixed(2)}**`
  return `${value} ±${(figures.spread * 100).toFixed(0)} %${ratio}`
}

const row = (title, summary) => {
  const metrics = Object.keys(NAMES)
  if (summary.rounds === 0) return `| ${title} | ${summary.complaints[0] ?? 'not measured'} |${' |'.repeat(metrics.length)}`
  const note = summary.complaints.length === 0 ? '' : ` (${summary.complaints.length} rounds failed)`
  return `| ${title}${note} | ${metrics.map((metric) => cell(metric, summary.metrics[metric])).join(' | ')} | ${(summary.busy * 100).toFixed(0)} % |`
}

/**
 * @param {import('./workloads.mjs').Workload} workload
 * @param {readonly { title: string, summary: ReturnType<typeof import('./statistics.mjs').summarize> }[]} lines
 */
export const table = (workload, lines) =>
  [
    `### ${workload.title}`,
    '',
    `| | ${Object.values(NAMES).join(' | ')} | busy |`,
    `|---|${'--:|'.repeat(Object.keys(NAMES).length + 1)}`,
    ...lines.map(({ title, summary }) => row(title, summary)),
    '',
  ].join('\n')

/** Above this share of waiting, other work on the proxy's core has coloured the figures. */
const QUIET = 0.05

/** @param {readonly import('./statistics.mjs').Measurement[]} measurements */
export const disturbanceLine = (measurements) => {
  const waits = measurements.flatMap((one) => (one.sample === null ? [] : [one.sample.waited]))
  if (waits.length === 0) return ''
  const typical = median(waits)
  const share = `the proxies waited ${(typical * 100).toFixed(0)} % of the time for their core (median)`
  return typical > QUIET ? `**The machine was not quiet**: ${share}.` : `The machine was quiet: ${share}.`
}

export const hardwareLine = (machine) =>
  `${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; ${machine.pinned}.`

export const machineLine = (machine) => `${hardwareLine(machine).slice(0, -1)}; load from ${machine.generator}.`
