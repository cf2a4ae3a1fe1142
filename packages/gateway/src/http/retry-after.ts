import type { Clock } from '@hazeljs/core'

/** How long an answer asks to wait (RFC 9110 section 10.2.3: seconds, or a date), in milliseconds; `undefined`: it doesn't say. */
export function retryAfterMs(headers: readonly string[], clock: Clock): number | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    if (name.length === 11 && name.toLowerCase() === 'retry-after') return parse(headers[i + 1] as string, clock)
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
