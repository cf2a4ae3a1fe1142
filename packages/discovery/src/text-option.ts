import { type OptionsReader, show } from '@hazeljs/core'

/** A text that has to say something where it is given. */
export function readText<N extends string>(options: OptionsReader<Partial<Record<N, string>>>, name: N): string | undefined {
  const value: unknown = options.value(name)
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  options.add(name, `expected a text that is not empty, got ${show(value)}`)
  return undefined
}
