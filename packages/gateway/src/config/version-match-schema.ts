import type { ZodType } from 'zod'
import { type Fields, got, isObject } from './fields.js'
import { headerName } from './header-schema.js'
import type { VersionMatch } from './version-config.js'

export function versionMatchSchema(fields: Fields): ZodType {
  const schema = fields.options<VersionMatch>({
    header: conditions(fields).optional(),
    cookie: conditions(fields).optional(),
  })
  const name = headerName(fields)
  return fields.rule(schema, ({ header, cookie, ...rest }, report) => {
    const conditions = [header, cookie].filter((kind) => kind !== undefined)
    if (conditions.every((kind) => isObject(kind) && Object.keys(kind).length === 0) && Object.keys(rest).length === 0)
      report([], 'names neither a header nor a cookie, so every request would fit')
    for (const [kind, given] of Object.entries({ header, cookie })) {
      const names = isObject(given) ? Object.keys(given) : []
      for (const [index, text] of names.entries()) {
        if (!name.safeParse(text).success) report([kind, text], `expected the name of a ${kind}`)
        const isTwin = kind === 'header' && names.slice(0, index).some((other) => other.toLowerCase() === text.toLowerCase())
        if (isTwin) report([kind, text], 'is given already; header names have no case')
      }
    }
  })
}

function conditions(fields: Fields): ZodType {
  return fields.z.record(fields.z.string(), valueMatch(fields), got('an object of names and values'))
}

function valueMatch(fields: Fields): ZodType {
  const forms = "the value, true for any, { prefix: 'beta-' } or { regex: '[a-f].*' }"
  const comparison = fields.options<{ prefix?: string; regex?: string }>({
    prefix: fields.text.optional(),
    regex: fields.where('a regular expression as text', (value) => typeof value === 'string' && compiles(value)).optional(),
  })
  const one = fields.rule(comparison, (given, report) => {
    if (Object.values(given).filter((value) => value !== undefined).length !== 1) report([], `expected ${forms}`)
  })
  return fields.or([true], fields.z.union([fields.text, one], got(forms)), forms)
}

function compiles(source: string): boolean {
  try {
    new RegExp(source)
    return true
  } catch {
    return false
  }
}
