import { durationText } from '@hazeljs/core'
import type { ResolvedCircuitBreakerOptions } from './options.js'

/** Such as `opens at 50 % failures of 20 calls or more, in the last 100 calls, for 5 s`. */
export function summaryOf(options: ResolvedCircuitBreakerOptions): string {
  const { name, slidingWindow, resetTimeoutMs, failureThreshold, failureRateThreshold, slowCallRateThreshold, minimumCalls } = options
  const window = slidingWindow.type === 'count' ? `${slidingWindow.size} calls` : durationText(slidingWindow.size)
  const thresholds = [
    failureThreshold && `${failureThreshold} failures`,
    failureRateThreshold && `${failureRateThreshold} % failures of ${minimumCalls} calls or more`,
    slowCallRateThreshold && `${slowCallRateThreshold} % slow calls of ${minimumCalls} or more`,
  ]
  const opens = thresholds.filter((threshold) => threshold !== undefined).join(' or ')
  return `${name === undefined ? '' : `${name}: `}opens at ${opens}, in the last ${window}, for ${durationText(resetTimeoutMs)}`
}
