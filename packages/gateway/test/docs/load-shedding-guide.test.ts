import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { closedPort } from '../raw-http.js'
import { codeBlocks } from './documents.js'

const guide = 'docs/guides/load-shedding.md'
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated-shedding/', import.meta.url))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

const snippets = codeBlocks(guide).filter(({ language }) => language === 'ts')

describe('the guide to load shedding', () => {
  it.each(snippets.map(({ code, line }) => ({ code, line })))(
    'has a snippet at line $line that prints what it says',
    async ({ code, line }) => {
      const ports = { 4001: String(await closedPort()), 4002: String(await closedPort()) }
      const wanted = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text = '']) => text)
      const printed: string[] = []
      const log = vi
        .spyOn(console, 'log')
        .mockImplementation((text: unknown) => void printed.push(String(text).replace(ports[4002], '4002')))
      mkdirSync(generated, { recursive: true })
      const file = join(generated, `snippet-${line}.ts`)
      writeFileSync(
        file,
        code.replaceAll(':4001', `:${ports[4001]}`).replaceAll('(4001', `(${ports[4001]}`).replaceAll(':4002', `:${ports[4002]}`),
      )
      vi.spyOn(process.stdout, 'write').mockReturnValue(true) // the gateway's log
      await import(/* @vite-ignore */ file).finally(() => {
        log.mockRestore()
        vi.restoreAllMocks()
      })
      expect(wanted.length).toBeGreaterThan(0)
      expect(printed).toEqual(wanted)
    },
  )
})
