import type { SimulatedSecond, SimulationReport } from './report.js'

const widest = 60
const bars = '▁▂▃▄▅▆▇█'
const stateMarks: Readonly<Record<string, string>> = { CLOSED: '-', OPEN: 'O', HALF_OPEN: 'h', FORCED_OPEN: 'F' }
const labelWidth = 14

/** What happened over time, one character a second, or more seconds a character in long simulations. All bars have one scale. */
export function chart(report: SimulationReport): string {
  const { timeline, circuits, circuitChanges } = report
  const seconds = Math.ceil(timeline.length / widest)
  const width = Math.ceil(timeline.length / seconds)
  const sums = (of: keyof SimulatedSecond) =>
    Array.from({ length: width }, (_, column) =>
      timeline.slice(column * seconds, (column + 1) * seconds).reduce((sum, second) => sum + second[of], 0),
    )
  const lines = counted(report).map((name) => ({ name, values: sums(name) }))
  const most = Math.max(1, ...lines.flatMap(({ values }) => values))
  const drawn = lines.map(({ name, values }) => label(name) + values.map((value) => bar(value, most)).join(''))
  const states = Object.entries(circuits).map(([circuit, initial]) => {
    const changes = circuitChanges.filter((change) => change.circuit === circuit)
    return label(circuit) + Array.from({ length: width }, (_, column) => mark(column * seconds, seconds, initial, changes)).join('')
  })
  const scale = `${label('')}${seconds === 1 ? 'one second' : `${seconds} seconds`} a character; the highest bar is ${most} calls`
  return [...drawn, ...states, scale + (states.length === 0 ? '' : '; - closed, O open, h half-open')].join('\n')
}

/** What there is to show of each second: that it had none is said by the totals. */
export function counted(report: SimulationReport): (keyof SimulatedSecond)[] {
  const rare = (['substituted', 'failed', 'rejected'] as const).filter((name) => report[name] > 0)
  return ['arrivals', 'attempts', 'succeeded', ...rare]
}

/** The last state that the circuit was in before the column ends. */
function mark(fromSecond: number, seconds: number, initial: string, changes: SimulationReport['circuitChanges']): string {
  const state = changes.findLast(({ atMs }) => atMs < (fromSecond + seconds) * 1_000)?.to ?? initial
  return stateMarks[state] ?? '?'
}

function bar(value: number, most: number): string {
  return value === 0 ? ' ' : (bars[Math.ceil((value / most) * bars.length) - 1] as string)
}

/** Names of breakers may be longer than there is room for. */
function label(text: string): string {
  return `  ${text.slice(0, labelWidth - 3).padEnd(labelWidth - 2)}`
}
