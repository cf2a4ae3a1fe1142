import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'
import { closedPort } from '../raw-http.js'
import { codeBlocks } from './documents.js'

/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated/', import.meta.url))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

const snippets = codeBlocks('docs/guides/transforms.md').filter(({ language }) => language === 'ts')

it('the guide to transforms has snippets that print what they say', async () => {
  const wanted: string[] = []
  const printed: string[] = []
  const port = String(await closedPort())
  mkdirSync(generated, { recursive: true })
  for (const { code, line } of snippets) {
    wanted.push(...[...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text = '']) => text))
    const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.map(String).join(' ')))
    const file = join(generated, `transforms-${line}.ts`)
    writeFileSync(file, code.replaceAll('4001', port))
    await import(/* @vite-ignore */ file).finally(() => log.mockRestore())
  }
  expect(wanted).toHaveLength(2)
  expect(printed).toEqual(wanted)
})
