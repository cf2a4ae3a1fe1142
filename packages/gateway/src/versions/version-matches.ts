import type { ValueMatch, VersionMatch, VersionTarget } from '../config/version-config.js'
import { cookieValue } from '../http/cookies.js'
import { headerValue } from '../http/header-lookup.js'

type Condition = (rawHeaders: readonly string[]) => boolean

/** The first version whose `match` fits a request; `undefined` where no version has one. Made once. */
export function versionMatcher(
  versions: Readonly<Record<string, VersionTarget>>,
): ((rawHeaders: readonly string[]) => string | undefined) | undefined {
  const matches = Object.entries(versions).flatMap(([version, { match }]) =>
    match === undefined ? [] : [{ version, conditions: conditionsOf(match) }],
  )
  if (matches.length === 0) return undefined
  return (rawHeaders) => matches.find(({ conditions }) => conditions.every((holds) => holds(rawHeaders)))?.version
}

function conditionsOf({ header = {}, cookie = {} }: VersionMatch): Condition[] {
  const byHeader = Object.entries(header).map(([name, wanted]): Condition => {
    const [lowerCase, fits] = [name.toLowerCase(), valueTest(wanted)]
    return (rawHeaders) => fits(headerValue(rawHeaders, lowerCase))
  })
  const byCookie = Object.entries(cookie).map(([name, wanted]): Condition => {
    const fits = valueTest(wanted)
    return (rawHeaders) => fits(cookieValue(rawHeaders, name))
  })
  return [...byHeader, ...byCookie]
}

function valueTest(wanted: ValueMatch): (value: string | undefined) => boolean {
  if (wanted === true) return (value) => value !== undefined
  if (typeof wanted === 'string') return (value) => value === wanted
  if ('prefix' in wanted) return (value) => value?.startsWith(wanted.prefix) === true
  const whole = new RegExp(`^(?:${wanted.regex})$`)
  return (value) => value !== undefined && whole.test(value)
}
