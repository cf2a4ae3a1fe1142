import { durationText } from '@hazeljs/core'
import { chart, counted } from './chart.js'
import type { Percentiles, SimulatedSecond, SimulationReport } from './report.js'
import { count, share, table } from './table.js'

const columns = 100
const mostErrors = 6
const mostRows = 15
const mostChanges = 16
const widestPhase = 30
const rowSeconds: readonly number[] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600]

/** A simulation as a reader sees it in a terminal: totals, latencies, a chart, what happened when. At most 100 columns. */
export function story(report: SimulationReport): string {
  const { seed, rate, arrivals, durationMs, calls } = report
  const title = `${count(calls)} calls in ${durationText(durationMs)}, ${rate} a second, ${arrivals} arrivals, seed ${seed}`
  return [title, totals(report), latencies(report), chart(report), happenings(report), changes(report)]
    .filter((part) => part.length > 0)
    .map((part) =>
      part
        .split('\n')
        .map((line) => clip(line.trimEnd(), columns))
        .join('\n'),
    )
    .join('\n\n')
}

function totals({ calls, succeeded, substituted, failed, rejected, unfinished, attempts, errors }: SimulationReport): string {
  const row = (name: string, value: number, remark: string) => [name, count(value), share(value, calls), remark]
  const kinds = Object.entries(errors).map(([code, times]) => `${code} ${count(times)}`)
  const rows = [
    row('succeeded', succeeded, substituted === 0 ? '' : `${count(substituted)} of them without the target's answer`),
    row('failed', failed, 'after at least one attempt'),
    row('rejected', rejected, 'before any attempt'),
    ...(unfinished === 0 ? [] : [row('unfinished', unfinished, 'no timeout, or a policy that was not given the clock')]),
    ['attempts', count(attempts), '', `reached the target, ${(attempts / Math.max(1, calls)).toFixed(2)} a call`],
  ]
  const more = kinds.length > mostErrors ? [`${kinds.length - mostErrors} more kinds`] : []
  const errorLine = kinds.length === 0 ? [] : [`  errors: ${[...kinds.slice(0, mostErrors), ...more].join(', ')}`]
  return [...table(rows, [1, 2]), ...errorLine].join('\n')
}

function latencies({ successLatency, failureLatency }: SimulationReport): string {
  const row = (name: string, latency: Percentiles | undefined) =>
    latency === undefined ? [] : [[name, ...[latency.p50, latency.p95, latency.p99, latency.max].map(durationText)]]
  const rows = [...row('of successes', successLatency), ...row('of failures', failureLatency)]
  return rows.length === 0 ? '' : table([['latency', 'p50', 'p95', 'p99', 'max'], ...rows], [1, 2, 3, 4]).join('\n')
}

/** The timeline in rows of equally many seconds. */
function happenings(report: SimulationReport): string {
  const { timeline, phases } = report
  const counts = counted(report)
  const seconds = rowSeconds.find((size) => timeline.length <= size * mostRows) ?? Math.ceil(timeline.length / mostRows)
  const rows = Array.from({ length: Math.ceil(timeline.length / seconds) }, (_, row) => {
    const [from, until] = [row * seconds, Math.min((row + 1) * seconds, timeline.length)]
    const during = phases.filter(({ fromMs }, index) => {
      const untilMs = phases[index + 1]?.fromMs ?? Infinity
      return fromMs < until * 1_000 && untilMs > from * 1_000
    })
    const sum = (of: keyof SimulatedSecond) => count(timeline.slice(from, until).reduce((total, second) => total + second[of], 0))
    const target = clip(during.map(({ text }) => text).join(' → '), widestPhase)
    return [`${from}–${until} s`, target, ...counts.map(sum)]
  })
  return table([['time', 'target', ...counts], ...rows], [0, ...counts.map((_, index) => index + 2)]).join('\n')
}

/** The first and the last of them: how it began, and how it ended. */
function changes({ circuitChanges }: SimulationReport): string {
  if (circuitChanges.length === 0) return ''
  const lines = table(
    circuitChanges.map(({ atMs, circuit, from, to }) => [`${(atMs / 1_000).toFixed(2)} s`, circuit, `${from} → ${to}`]),
    [0],
  )
  const more = lines.length - mostChanges
  if (more <= 0) return lines.join('\n')
  return [...lines.slice(0, mostChanges / 2), `  … ${count(more)} more …`, ...lines.slice(-mostChanges / 2)].join('\n')
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}
