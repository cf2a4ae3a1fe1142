// What the benchmarks ask of their command line.
import { resolve } from 'node:path'
import process from 'node:process'

/** pnpm passes on the `--` that separates its own options. */
export const givenArguments = () => process.argv.slice(2).filter((argument) => argument !== '--')

export const wholeNumber = (name, text, least, most) => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(`--${name} takes a whole number from ${least} to ${most}, not ${text}`)
  return value
}

/** @returns those of `all` whose names stand in `wanted`, which is a list with commas */
export const pick = (option, all, wanted) => {
  if (wanted === undefined) return all
  const names = wanted.split(',')
  const unknown = names.filter((name) => !all.some((one) => one.name === name))
  if (unknown.length > 0) throw new Error(`--${option} knows no ${unknown.join(', ')}; it knows ${all.map(({ name }) => name).join(', ')}`)
  return all.filter(({ name }) => names.includes(name))
}

/** A file named by the user is meant from where the user typed it; pnpm changes the folder and leaves that in INIT_CWD. */
export const fromWhereTyped = (file) => resolve(process.env.INIT_CWD ?? '.', file)
