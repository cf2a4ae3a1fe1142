import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../../../', import.meta.url))

export interface CodeBlock {
  /** From the top of the repository. */
  readonly file: string
  /** Of its first line of code, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** What the reader has already, from `<!-- given: … -->` comments before the block. */
  readonly given: readonly string[]
}

/** What users read: the README at the top, those of packages and examples, and everything in docs/. */
export function documents(): string[] {
  const readmes = ['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(repository, folder)).map((name) => join(folder, name, 'README.md')),
  )
  const docs = readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => join('docs', path))
  const written = new Set([...docs, ...readmes].filter((path) => path.endsWith('.md')))
  return ['README.md', 'ARCHITECTURE.md', ...written].filter((path) => readDocument(path) !== undefined)
}

export function readDocument(path: string): string | undefined {
  try {
    return readFileSync(join(repository, path), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The fenced blocks of a document, in order. */
export function codeBlocks(file: string): CodeBlock[] {
  const text = readDocument(file) ?? ''
  const pattern = /((?:^<!-- given: .* -->\n+)*)^```(\w+)[^\n]*\n([\s\S]*?)^```$/gm
  return [...text.matchAll(pattern)].map((match) => {
    const [whole, comments = '', language = '', code = ''] = match
    const start = match.index + whole.indexOf('```')
    return {
      file,
      line: text.slice(0, start).split('\n').length + 1,
      language,
      code,
      given: [...comments.matchAll(/<!-- given: (.*) -->/g)].map(([, given = '']) => given),
    }
  })
}
