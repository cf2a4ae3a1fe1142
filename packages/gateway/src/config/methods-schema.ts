import { METHODS } from 'node:http'
import { suggest } from '@hazeljs/core'
import type { ZodType } from 'zod'
import type { Fields } from './fields.js'

/** A list of methods that a gateway forwards, in any case, each once. */
export function methodsSchema(fields: Fields, expected: string): ZodType {
  const known = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE')
  return fields.list(fields.text, expected).superRefine((methods, context) => {
    const seen = new Set<string>()
    for (const [index, method] of methods.entries()) {
      if (typeof method !== 'string') continue
      const upper = method.toUpperCase()
      const add = (message: string) => context.addIssue({ code: 'custom', path: [index], message })
      if (upper === 'CONNECT' || upper === 'TRACE') add(`${upper} is never forwarded`)
      else if (!known.includes(upper)) add(`'${method}' is no HTTP method; ${suggest(upper, known)}`)
      else if (seen.has(upper)) add(`${upper} is in the list already`)
      seen.add(upper)
    }
  })
}
