import { ConfigError } from '@hazeljs/core'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { documented, type DocumentedOptions } from './guide-options.js'

const guides = fileURLToPath(new URL('../../../docs/guides/resilience/', import.meta.url))

interface Row {
  readonly name: string
  /** The cell of the default. */
  readonly given: string
}

/** The tables of options of a guide, by guide and heading: those that begin with a column `Option`. */
function tablesOf(guide: string, text: string): [string, Row[]][] {
  const tables = text.matchAll(/^\| Option +\| Default.*\n\|[ :|-]+\n((?:\|.*\n)+)/gm)
  return Array.from(tables, ({ 1: body = '', index }) => {
    const heading = [...text.slice(0, index).matchAll(/^#+ (.+)$/gm)].at(-1)?.[1] ?? ''
    const rows = Array.from(body.matchAll(/^\| `([\w.]+)` +\| (.+?) +\|/gm), ([, name = '', given = '']) => ({ name, given }))
    return [`${guide}#${heading}`, rows]
  })
}

/** What is wrong with `options`, by the maker's own account. */
async function problemsOf(make: (options: never) => unknown, options: object) {
  try {
    await make(options as never)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

/** The names that the maker knows, in the order in which it lists them; of a part of the options, where `part` names one. */
async function knownNames(make: (options: never) => unknown, part?: string): Promise<string[]> {
  const unknown = { zzzzzzzz: 1 }
  const problems = await problemsOf(make, part === undefined ? unknown : { [part]: unknown })
  const path = part === undefined ? 'zzzzzzzz' : `${part}.zzzzzzzz`
  const complaint = problems.find((problem) => problem.path === path)?.message
  return /known are (.*)$/.exec(complaint ?? '')?.[1]?.split(', ') ?? []
}

const partOf = (name: string) => (name.includes('.') ? name.slice(0, name.indexOf('.')) : undefined)

async function expectedNames({ make, names = [] }: DocumentedOptions, rows: readonly Row[]): Promise<string[]> {
  if (make === undefined) return [...names]
  const all = await knownNames(make)
  for (const part of new Set(rows.map(({ name }) => partOf(name)))) {
    if (part !== undefined) all.push(...(await knownNames(make, part)).map((name) => `${part}.${name}`))
  }
  return all
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000 }

/** The numbers of a cell outside of code: of durations the milliseconds, of shares the per cent. */
function numbersIn(cell: string): number[] {
  const numbers = cell.replaceAll(/`[^`]*`/g, '').matchAll(/(?<![\w.])(\d[\d,]*(?:\.\d+)?)(?: (ms|s|min|h)\b)?/g)
  return Array.from(numbers, ([, digits = '', unit = '']) => Number(digits.replaceAll(',', '')) * (unitMs[unit] ?? 1))
}

const codeIn = (cell: string) => Array.from(cell.matchAll(/`([^`]*)`/g), ([, code = '']) => code)

function tables(): Map<string, Row[]> {
  const files = readdirSync(guides).filter((file) => file.endsWith('.md'))
  return new Map(files.flatMap((file) => tablesOf(file, readFileSync(join(guides, file), 'utf8'))))
}

describe('the tables of options in the guides', () => {
  const found = tables()

  it('are all known here', () => {
    expect([...found.keys()].toSorted()).toEqual(Object.keys(documented).toSorted())
  })

  it.each(Object.entries(documented))('name every option, and no other: %s', async (table, options) => {
    const rows = found.get(table) ?? []
    const names = await expectedNames(options, rows)
    expect(names).not.toEqual([])
    expect(rows.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  })

  it.each(Object.entries(documented))('say what is required: %s', async (table, { make }) => {
    const problems = make === undefined ? [] : await problemsOf(make, {})
    const required = problems.filter(({ message }) => message === 'is required').map(({ path }) => path)
    const rows = (found.get(table) ?? []).filter(({ given }) => given === 'required')
    expect(rows.map(({ name }) => name).toSorted()).toEqual(required.toSorted())
  })

  it.each(Object.entries(documented))('have the defaults of the code: %s', (table, { defaults }) => {
    const rows = found.get(table) ?? []
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(defaults)))
    for (const { name, given } of rows) {
      const expected = defaults[name] ?? []
      expect(numbersIn(given), name).toEqual(expected.filter((one) => typeof one === 'number'))
      expect(codeIn(given), name).toEqual(expect.arrayContaining(expected.filter((one) => typeof one !== 'number').map(String)))
    }
  })
})

describe('this test', () => {
  it('reads tables and cells as they are written', () => {
    const text = '# A\n## Options\n\n| Option | Default | Meaning |\n| --- | --- | --- |\n| `a.b` | 1,000; else 2.5 s, or `c` | x 7 |\n'
    expect(tablesOf('a.md', text)).toEqual([['a.md#Options', [{ name: 'a.b', given: '1,000; else 2.5 s, or `c`' }]]])
    expect(numbersIn('1,000; else 2.5 s, or `d9`, 20 %, 1 min')).toEqual([1_000, 2_500, 20, 60_000])
    expect(codeIn('`true`, which is `full`')).toEqual(['true', 'full'])
  })
})
