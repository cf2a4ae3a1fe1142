import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { comparisonFile, footnotes, tableRows } from './document.js'

// docs/comparison.md says nothing without a source.

const libraries = ['Ours', 'cockatiel', 'opossum', 'resilience4j', 'Polly']
const rows = tableRows()
const sources = footnotes()

it('has rows', () => {
  expect(rows.length).toBeGreaterThan(50)
  for (const { feature, heading, cells } of rows) {
    expect(cells, feature).toHaveLength(libraries.length)
    for (const [column, name] of libraries.entries()) expect(heading[column]?.toLowerCase(), feature).toContain(name.toLowerCase())
    expect(cells, feature).not.toContain('')
  }
})

it.each(rows.map((row) => [row.feature, row] as const))('names a source for each library: %s', (_, { footnotes: names }) => {
  expect(names.length).toBeGreaterThan(0)
  const text = names.map((name) => sources.get(name) ?? '').join('\n')
  for (const name of libraries) expect(text).toContain(`**${name}**`)
  for (const part of text.split(/(?<=\.)\s+(?=\*\*)/)) expect(part).toMatch(/\]\(|\]\[/)
})

it('has no footnote that nobody refers to, and refers to none that is missing', () => {
  const referred = [...readFileSync(comparisonFile, 'utf8').matchAll(/\[\^([\w-]+)\](?!:)/g)].map(([, name]) => name)
  expect(new Set(sources.keys())).toEqual(new Set(referred))
})

it('links tests that exist, and names each by a title that stands in it', () => {
  const text = readFileSync(comparisonFile, 'utf8')
  const links = [...text.matchAll(/\[[^\]]+\]\((\.\.\/packages\/[^)]+)\)(?: \(“([^”]+)”\))?/g)]
  expect(links.length).toBeGreaterThan(50)
  for (const [, path = '', title] of links) {
    const file = join(dirname(comparisonFile), path)
    expect(existsSync(file), path).toBe(true)
    if (title !== undefined) expect(readFileSync(file, 'utf8').replaceAll("\\'", "'"), `${path}: ${title}`).toContain(title)
  }
})
