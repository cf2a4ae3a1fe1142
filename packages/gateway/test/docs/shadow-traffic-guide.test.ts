import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import {
  defaultDiffBytes,
  defaultMirrorBodyBytes,
  defaultMirrorMethods,
  defaultMirrorsInFlight,
  defaultMirrorTimeoutMs,
} from '../../src/config/defaults.js'
import { mirrorBytes } from '../../src/mirror/byte-budget.js'
import { maxWaitingPairs } from '../../src/mirror/diff/comparer.js'
import { maxExamples } from '../../src/mirror/diff/diff-report.js'
import { failuresToOpen } from '../../src/mirror/mirror.js'
import { mirrorHead } from '../../src/mirror/mirror-head.js'
import { closedPort } from '../raw-http.js'
import { codeBlocks, readDocument } from './documents.js'

const guide = 'docs/guides/shadow-traffic.md'
const text = (readDocument(guide) ?? '').replaceAll(/\s+/g, ' ')
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated/shadow/', import.meta.url))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

const snippets = codeBlocks(guide).filter(({ language, code }) => language === 'ts' && code.includes('// →'))

describe('the guide to shadow traffic', () => {
  it.each(snippets)('has a snippet at line $line that prints what it says', async ({ code, line }) => {
    const ports = { 4001: String(await closedPort()), 4002: String(await closedPort()) }
    const wanted = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, said = '']) => said)
    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...said: unknown[]) => void printed.push(said.map(String).join(' ')))
    mkdirSync(generated, { recursive: true })
    const file = join(generated, `snippet-${line}.ts`)
    writeFileSync(
      file,
      code.replaceAll(/\b400[12]\b/g, (port) => ports[port as '4001' | '4002']),
    )
    vi.spyOn(process.stdout, 'write').mockReturnValue(true) // the gateway's log
    await import(/* @vite-ignore */ file).finally(() => {
      log.mockRestore()
      vi.restoreAllMocks()
    })
    expect(printed).toEqual(wanted)
    expect(wanted.length).toBeGreaterThan(0)
  })

  it('has a snippet', () => {
    expect(snippets).toHaveLength(1)
  })

  it('knows the defaults and the limits', () => {
    expect(defaultMirrorMethods.join(', ')).toBe('GET, HEAD, OPTIONS')
    expect([defaultMirrorBodyBytes, defaultDiffBytes, defaultMirrorsInFlight, defaultMirrorTimeoutMs]).toEqual([65_536, 65_536, 64, 10_000])
    expect([failuresToOpen, mirrorBytes, maxWaitingPairs, maxExamples]).toEqual([5, 16_777_216, 64, 20])
    for (const said of ['After five copies in a row', 'may take 16 MiB a route', 'beyond 64 waiting pairs', 'the last 20 requests'])
      expect(text).toContain(said)
  })

  it('names every field that stays here', () => {
    const named = /\*\*No credentials\.\*\* (.*?) stay here/.exec(text)?.[1]?.match(/[\w-]+(?=`)/g) ?? []
    expect(named).toHaveLength(11)
    const keeps = (keepCredentials: boolean) => mirrorHead({ headers: {}, keepCredentials })(named.flatMap((name) => [name, 'x']))
    expect(keeps(false)).toEqual(['X-Shadow', '1'])
    expect(keeps(true)).toEqual(['X-Shadow', '1', ...named.flatMap((name) => [name, 'x'])])
  })
})
