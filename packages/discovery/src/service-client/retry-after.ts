import type { Clock } from '@hazeljs/core'
import type { ResponseHeaders } from './service-response.js'

const startsWithDay = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/

/** How long an answer asks to wait (RFC 9110, 10.2.3: seconds, or a date), in milliseconds; `undefined`: it doesn't say. */
export function retryAfterMsOf(headers: ResponseHeaders, clock: Clock): number | undefined {
  const value = headers['retry-after']
  if (typeof value !== 'string') return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  if (!startsWithDay.test(value)) return undefined // Date.parse makes a date of "-1"
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.wallTime())
}
