import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The comparison, as its readers get it. */
export const comparisonFile = fileURLToPath(new URL('../../../../docs/comparison.md', import.meta.url))

export interface TableRow {
  /** Of its table: the names of the columns after the first. */
  readonly heading: readonly string[]
  /** The first cell without its footnotes. */
  readonly feature: string
  readonly cells: readonly string[]
  /** The names of the footnotes that the row refers to, in any cell. */
  readonly footnotes: readonly string[]
}

/** The rows of all its tables that compare; rows that only name a group have no other cells. */
export function tableRows(): TableRow[] {
  const blocks = readFileSync(comparisonFile, 'utf8').split(/\n\s*\n/)
  return blocks
    .filter((block) => block.startsWith('|'))
    .flatMap((table) => {
      const [heading = [], , ...rows] = table.trim().split('\n').map(cellsOf)
      return rows.map(([first = '', ...cells]) => ({
        heading: heading.slice(1),
        feature: plain(first),
        cells: cells.map(plain),
        footnotes: [first, ...cells].flatMap((cell) => [...cell.matchAll(/\[\^([\w-]+)\]/g)].map(([, name = '']) => name)),
      }))
    })
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
}

/** What each footnote says, by its name. */
export function footnotes(): Map<string, string> {
  const found = readFileSync(comparisonFile, 'utf8').matchAll(/^\[\^([\w-]+)\]: (.*(?:\n {4}.*)*)/gm)
  return new Map([...found].map(([, name = '', text = '']) => [name, text]))
}

function cellsOf(line: string): string[] {
  const withoutEnds = line.trim().replace(/^\|/, '').replace(/\|$/, '')
  return withoutEnds.split(/(?<!\\)\|/).map((cell) => cell.trim())
}

function plain(cell: string): string {
  return cell.replaceAll(/\[\^[\w-]+\]/g, '').trim()
}
