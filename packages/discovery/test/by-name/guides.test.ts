import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'

const guides = fileURLToPath(new URL('../../../../docs/guides/discovery/', import.meta.url))
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated/guides/', import.meta.url))
afterAll(() => rmSync(generated, { recursive: true, force: true }))

it.each(['static-and-dns.md', 'by-name.md'])('%s has snippets that print what they say', async (guide) => {
  const text = readFileSync(join(guides, guide), 'utf8')
  const snippets = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
  expect(snippets.length).toBeGreaterThan(0)
  mkdirSync(generated, { recursive: true })
  for (const [index, code] of snippets.entries()) {
    const expected = [...code.matchAll(/^\/\/ → (.*)$/gm)].map(([, printed = '']) => printed)
    expect(expected.length).toBeGreaterThan(0)
    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line)))
    const file = join(generated, `${guide}-${index}.ts`)
    writeFileSync(file, code)
    await import(/* @vite-ignore */ file).finally(() => log.mockRestore())
    expect(printed).toEqual(expected)
  }
})
