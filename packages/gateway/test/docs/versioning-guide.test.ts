import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { codeBlocks } from './documents.js'

const guide = 'docs/guides/versioning-an-api.md'
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated-versioning/', import.meta.url))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

const snippets = codeBlocks(guide).filter(({ language }) => language === 'ts')

describe('the guide to versions', () => {
  it.each(snippets.map(({ code, line }) => ({ code, line })))(
    'has a snippet at line $line that prints what it says',
    async ({ code, line }) => {
      const wanted = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, said]) => said)
      const printed: string[] = []
      const log = vi.spyOn(console, 'log').mockImplementation((...said: unknown[]) => void printed.push(said.join(' ')))
      mkdirSync(generated, { recursive: true })
      const file = join(generated, `snippet-${line}.ts`)
      writeFileSync(file, code)
      await import(/* @vite-ignore */ file).finally(() => log.mockRestore())
      expect(wanted.length).toBeGreaterThan(0)
      expect(printed).toEqual(wanted)
    },
  )
})
