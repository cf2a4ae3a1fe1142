import { describe, expect, it } from 'vitest'
import { fieldLines, fieldValues } from './raw-http.js'
import { closing, overTheWire } from './wire.js'

/*
 * Rules that do not hold yet: each of these tests fails, and says so. One that begins to pass breaks the build, and moves to where the rules
 * that hold are tested. No other test of the gateway may be one that is expected to fail; `docs/conformance.md` counts on it.
 */

describe('an answer', () => {
  // Upgrade is dropped from every answer but 101.
  it.fails('of 426 says in Upgrade what it asks for', async () => {
    const answer = 'HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n'
    const { got } = await overTheWire(closing(), { answer })
    expect(fieldValues(fieldLines(got), 'upgrade')).toEqual(['websocket'])
  })
})
