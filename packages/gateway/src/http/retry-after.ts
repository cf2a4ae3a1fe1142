import type { Clock } from '@hazeljs/core'
import { latin1 } from './latin1.js'

/** How long an answer asks to wait (RFC 9110 section 10.2.3: seconds, or a date), in milliseconds; `undefined`: it doesn't say. */
export function retryAfterMs(rawHeaders: readonly Buffer[], clock: Clock): number | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as Buffer
    if (name.length === 11 && latin1(name).toLowerCase() === 'retry-after') return parse(latin1(rawHeaders[i + 1] as Buffer), clock)
  }
  return undefined
}

const startsWithDay = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/

function parse(value: string, clock: Clock): number | undefined {
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  if (!startsWithDay.test(value)) return undefined // Date.parse makes a date of "-1"
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.wallTime())
}
