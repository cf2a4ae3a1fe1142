import { durationText } from '@hazeljs/core'
import type { ResolvedPhase } from './options.js'
import type { DescribedPhase } from './report.js'

/** A phase in words: `50 ms`, `20 ms–80 ms, 5 % fail`, `down, 50 ms`, `hangs`. */
export function describePhase({ fromMs, minLatencyMs, maxLatencyMs, failureRate, hang }: ResolvedPhase): DescribedPhase {
  if (hang) return { fromMs, text: 'hangs' }
  const latency = minLatencyMs === maxLatencyMs ? durationText(minLatencyMs) : `${durationText(minLatencyMs)}–${durationText(maxLatencyMs)}`
  if (failureRate === 100) return { fromMs, text: maxLatencyMs === 0 ? 'down' : `down, ${latency}` }
  return { fromMs, text: failureRate === 0 ? latency : `${latency}, ${failureRate} % fail` }
}
