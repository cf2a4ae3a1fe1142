import type { Demo } from './demo.js'

/** What the user asked for. */
export type Command =
  | { readonly kind: 'list' | 'help' }
  | { readonly kind: 'menu'; readonly port: number }
  | { readonly kind: 'run'; readonly demo: Demo; readonly port: number }
  | { readonly kind: 'invalid'; readonly message: string }

export interface Surroundings {
  /** Whether somebody sits at a terminal and can choose. */
  readonly interactive: boolean
  readonly demos: readonly Demo[]
  readonly defaultDemo: string
}

const defaultPort = 3_000

export function readCommand(args: readonly string[], portText: string | undefined, surroundings: Surroundings): Command {
  const { interactive, demos, defaultDemo } = surroundings
  const [first, ...more] = args
  if (more.length > 0) return { kind: 'invalid', message: `Expected at most one argument, got ${args.join(' ')}` }
  if (first === '--help' || first === '-h') return { kind: 'help' }
  if (first === '--list') return { kind: 'list' }
  if (first?.startsWith('-') === true) return { kind: 'invalid', message: `Unknown option ${first}` }
  const port = readPort(portText)
  if (port === undefined) return { kind: 'invalid', message: `PORT has to be a whole number from 0 to 65535, got '${String(portText)}'` }
  if (first === undefined && interactive) return { kind: 'menu', port }
  const name = first ?? defaultDemo
  const demo = demos.find((one) => one.name === name)
  if (demo !== undefined) return { kind: 'run', demo, port }
  const meant = demos.find((one) => one.name.endsWith(`:${name}`))
  return { kind: 'invalid', message: `There is no demo '${name}'${meant === undefined ? '' : `; there is ${meant.name}`}` }
}

/** The port that the environment names, 3000 where it names none, `undefined` where it is no port. */
function readPort(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return defaultPort
  const port = Number(text)
  return /^\d+$/.test(text) && port <= 65_535 ? port : undefined
}

export function describeDemos(demos: readonly Demo[]): string {
  const width = Math.max(...demos.map(({ name }) => name.length))
  const categories = [...new Set(demos.map(({ category }) => category))]
  return categories
    .map((category) => {
      const own = demos.filter((demo) => demo.category === category)
      return [category, ...own.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`)].join('\n')
    })
    .join('\n\n')
}

export const usage = `Usage: npm start                          a menu in a terminal, otherwise the full-stack gateway
       npm start -- <demo>                one demo, without the menu
       npm start -- --list                the demos
       PORT=8080 npm start                another port than 3000; 0 is any free one`
