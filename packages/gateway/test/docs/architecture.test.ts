import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readDocument, repository } from './documents.js'

const page = readDocument('ARCHITECTURE.md') ?? ''

it('ARCHITECTURE.md lists the stages in the order of path.ts', () => {
  const source = readFileSync(new URL('../../src/path.ts', import.meta.url), 'utf8')
  const stagesOf = (list: string) =>
    new RegExp(`const ${list} = \\[([^\\]]+)\\]`)
      .exec(source)?.[1]
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '') ?? []
  const inSource = [...stagesOf('arrival'), 'matchRoute', ...stagesOf('onRoute')]
  const inPage = [...page.matchAll(/^\| \d+ +\| `(\w+)`/gm)].map(([, name]) => name)
  expect(inSource.length).toBeGreaterThan(10)
  expect(inPage).toEqual(inSource)
})

it('ARCHITECTURE.md names tests that exist', () => {
  const named = [...page.matchAll(/`((?:packages|examples|bench)\/[^`*]+\.(?:ts|mjs))`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((path) => !existsSync(join(repository, path)))).toEqual([])
})
