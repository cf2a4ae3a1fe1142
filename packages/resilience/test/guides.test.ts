import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

/** The guides' snippets, run: what `console.log` prints is compared with the `// → …` behind it, and at the end with a `text` block below. */
const guides = fileURLToPath(new URL('../../../docs/guides/resilience/', import.meta.url))
/** Inside the package, where imports of `@hazeljs/…` lead to the sources. */
const generated = fileURLToPath(new URL('.generated/', import.meta.url))

interface Snippet {
  readonly name: string
  readonly code: string
  /** The `text` block right below. */
  readonly text?: string | undefined
}

function snippetsOf(guide: string): Snippet[] {
  const text = readFileSync(join(guides, guide), 'utf8')
  const blocks = /^```ts\n([\s\S]*?)^```$(?:\n\n^```text\n([\s\S]*?)\n```$)?/gm
  return [...text.matchAll(blocks)].map(({ 1: code = '', 2: printed, index }) => ({
    name: `${basename(guide, '.md')}-${text.slice(0, index).split('\n').length + 1}`,
    code,
    text: printed,
  }))
}

function expectedOf({ code, text }: Snippet): string[] {
  const inCode = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, printed = '']) => printed)
  return text === undefined ? inCode : [...inCode, text]
}

beforeAll(() => {
  mkdirSync(generated, { recursive: true })
})
afterAll(() => {
  rmSync(generated, { recursive: true, force: true })
})

async function printedBy({ name, code }: Snippet): Promise<string[]> {
  const printed: string[] = []
  const log = vi
    .spyOn(console, 'log')
    .mockImplementation((...values: unknown[]) => void printed.push(values.map(String).join(' ').trimEnd()))
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
    expect(await printedBy(snippet)).toEqual(expectedOf(snippet))
  })
})

const legacy = { experimentalDecorators: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext }

it.each(snippetsOf('decorators.md'))('prints the same under experimentalDecorators: $name', async (snippet) => {
  const code = ts.transpileModule(snippet.code, { compilerOptions: legacy }).outputText
  expect(code).toContain('__decorate(')
  expect(await printedBy({ name: `${snippet.name}-legacy`, code })).toEqual(expectedOf(snippet))
})

it('would notice a snippet that prints something else', async () => {
  const code = "import { Timeout } from '@hazeljs/resilience'\nconsole.log(typeof Timeout, 1) // → function 2\n"
  const wrong: Snippet = { name: 'wrong', code, text: 'more' }
  expect(await printedBy(wrong)).toEqual(['function 1'])
  expect(expectedOf(wrong)).toEqual(['function 2', 'more'])
})
