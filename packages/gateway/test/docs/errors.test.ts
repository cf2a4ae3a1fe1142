import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { problemCodes } from '../../src/index.js'
import { readDocument, repository } from './documents.js'

const page = readDocument('docs/errors.md') ?? ''
const sections = new Map(
  [...page.matchAll(/^### `(\w+)`\n+([\s\S]*?)(?=^##|$(?![\s\S]))/gm)].map(([, code = '', text = '']) => [code, text]),
)

/** Codes given to constructors of errors, anywhere in the packages. */
function codesInSource(): Set<string> {
  const packages = join(repository, 'packages')
  const files = readdirSync(packages)
    .flatMap((name) =>
      readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' }).map((path) => join(packages, name, 'src', path)),
    )
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  const pattern = /(?:super|new \w*Error)\(\s*'([A-Z][A-Z_]+)'/g
  return new Set(files.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(pattern)].map(([, code = '']) => code)))
}

describe('docs/errors.md', () => {
  it('documents every code in the source, and no other', () => {
    const known = new Set([...Object.keys(problemCodes), ...codesInSource()])
    expect(known.size).toBeGreaterThan(20)
    expect([...sections.keys()].sort()).toEqual([...known].sort())
  })

  it.each(Object.entries(problemCodes))('names the status of %s', (code, { status }) => {
    expect(sections.get(code)).toMatch(new RegExp(`^\\*\\*${status}\\.\\*\\* `))
  })
})
