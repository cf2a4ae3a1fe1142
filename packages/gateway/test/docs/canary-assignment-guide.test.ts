import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { stickyBuckets } from '../../src/canary/rollout/fresh-keys.js'
import { stickyCookie, stickyCookieMaxAgeSeconds } from '../../src/canary/assignment/sticky-cookie.js'
import { replayBytes } from '../../src/http/replay.js'
import { closedPort } from '../raw-http.js'
import { codeBlocks, readDocument } from './documents.js'

const guide = 'docs/guides/canary-assignment.md'
const text = (readDocument(guide) ?? '').replaceAll(/\s+/g, ' ')
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated-canary-assignment/', import.meta.url))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

const programs = codeBlocks(guide)

describe('the guide to who gets the canary', () => {
  it.each(programs.map(({ code, line }) => ({ code, line })))(
    'has a program at line $line that prints what it says',
    async ({ code, line }) => {
      const wanted = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, said]) => said)
      const printed: unknown[] = []
      const log = vi.spyOn(console, 'log').mockImplementation((said: unknown) => void printed.push(said))
      mkdirSync(generated, { recursive: true })
      const file = join(generated, `program-${line}.ts`)
      writeFileSync(file, code.replace(', 4001,', `, ${await closedPort()},`).replace(', 4002,', `, ${await closedPort()},`))
      await import(/* @vite-ignore */ file).finally(() => log.mockRestore())
      expect(wanted.length).toBeGreaterThan(0)
      expect(printed).toEqual(wanted)
    },
  )

  it('has the numbers of the source', () => {
    expect(programs).toHaveLength(2)
    expect(text).toContain(`a number from 0 to ${(stickyBuckets - 1).toLocaleString('en-US')} `)
    expect(text).toContain(stickyCookie('release-arm', '…', false))
    expect([stickyCookieMaxAgeSeconds, replayBytes]).toEqual([24 * 60 * 60, 64 * 1_024])
  })
})
