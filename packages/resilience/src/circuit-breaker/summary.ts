import { durationText } from '@hazeljs/core'
import type { ResolvedCircuitBreakerOptions } from './options.js'

/** Such as `opens at 50 % failures of at least 20 calls, in the last 100 calls, for 5 s to 1 min`. */
export function summaryOf(options: ResolvedCircuitBreakerOptions): string {
  const { name, slidingWindow, resetTimeoutMs, resetBackoff, timeoutMs } = options
  const window = slidingWindow.type === 'count' ? `${slidingWindow.size} calls` : durationText(slidingWindow.size)
  const longest = resetBackoff === undefined ? '' : ` to ${durationText(resetBackoff.maxMs)}`
  const openFor = `${durationText(resetTimeoutMs)}${longest}`
  const limit = timeoutMs === undefined ? '' : `; calls end after ${durationText(timeoutMs)}`
  return `${name === undefined ? '' : `${name}: `}opens at ${thresholds(options)}, in the last ${window}, for ${openFor}${limit}`
}

function thresholds(options: ResolvedCircuitBreakerOptions): string {
  const { failureThreshold, failureRateThreshold, slowCallRateThreshold, slowCallDurationMs, minimumCalls } = options
  const rates: string[] = []
  if (failureRateThreshold !== undefined) rates.push(`${failureRateThreshold} % failures`)
  if (slowCallRateThreshold !== undefined) rates.push(`${slowCallRateThreshold} % slower than ${durationText(slowCallDurationMs ?? 0)}`)
  const counted = failureThreshold === undefined ? [] : [`${failureThreshold} failures`]
  if (rates.length > 0) counted.push(`${rates.join(' or ')} of at least ${minimumCalls} calls`)
  return counted.join(' or ')
}
