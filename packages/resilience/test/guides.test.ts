import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

/** The guides' snippets, run: what `console.log` prints is compared with the `// → …` behind it. */
const guides = fileURLToPath(new URL('../../../docs/guides/resilience/', import.meta.url))
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated/', import.meta.url))

interface Snippet {
  readonly name: string
  readonly code: string
}

function snippetsOf(guide: string): Snippet[] {
  const text = readFileSync(join(guides, guide), 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(({ 1: code = '', index }) => ({
    name: `${basename(guide, '.md')}-${text.slice(0, index).split('\n').length + 1}`,
    code,
  }))
}

function expectedOf(code: string): string[] {
  return [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, printed = '']) => printed)
}

beforeAll(() => {
  mkdirSync(generated, { recursive: true })
})
afterAll(() => {
  rmSync(generated, { recursive: true, force: true })
})

async function printedBy({ name, code }: Snippet): Promise<string[]> {
  const printed: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(values.map(String).join(' ')))
  const file = join(generated, `${name}.ts`)
  writeFileSync(file, code)
  try {
    await import(/* @vite-ignore */ file)
  } finally {
    log.mockRestore()
  }
  return printed
}

describe.each(readdirSync(guides).filter((file) => file.endsWith('.md')))('%s', (guide) => {
  it.each(snippetsOf(guide))('prints what it says: $name', async (snippet) => {
    expect(await printedBy(snippet)).toEqual(expectedOf(snippet.code))
  })
})

it('would notice a snippet that prints something else', async () => {
  const code = "import { Timeout } from '@hazeljs/resilience'\nconsole.log(typeof Timeout, 1) // → function 2\n"
  expect(await printedBy({ name: 'wrong', code })).toEqual(['function 1'])
  expect(expectedOf(code)).toEqual(['function 2'])
})
