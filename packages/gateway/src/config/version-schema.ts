import type { ZodType } from 'zod'
import { type Fields, got, isObject, type Loose, type Report, totalOf } from './fields.js'
import { headerName } from './header-schema.js'
import type { VersionMatch, VersionRouteConfig, VersionTarget } from './version-config.js'
import { dateMs } from './version-date.js'
import { versionMatchSchema } from './version-match-schema.js'

export function versionRouteSchema(fields: Fields): ZodType {
  const schema = fields.options<VersionRouteConfig>({
    strategy: fields.oneOf(['header', 'uri', 'query', 'media-type']),
    header: headerName(fields).optional(),
    queryParam: fields.text.optional(),
    mediaTypeParam: headerName(fields, "a parameter's name, such as version").optional(),
    stripVersion: fields.flag.optional(),
    defaultVersion: fields.text.optional(),
    onUnknownVersion: fields.oneOf(['default', 'reject']).optional(),
    routes: fields.z.record(fields.z.string(), versionTargetSchema(fields), {
      error: ({ input }) =>
        input === undefined ? 'is missing; expected the versions by name' : 'expected an object with the versions by name',
    }),
  })
  return fields.rule(schema, (config, report) => {
    checkSelectors(config, report)
    if (isObject(config.routes)) checkVersions(config.routes, config, report)
  })
}

function versionTargetSchema(fields: Fields): ZodType {
  // Not `fields.where`, whose complaints keep the rules across options from being told at the same time.
  const date = fields.z
    .unknown()
    .refine((value) => dateMs(value) !== undefined, got("a date, such as '2026-01-31' or '2026-01-31T09:00:00Z'"))
  const schema = fields.options<VersionTarget>({
    weight: fields.percent.optional(),
    allowExplicit: fields.flag.optional(),
    filter: fields.filter.optional(),
    match: versionMatchSchema(fields).optional(),
    deprecated: date.optional(),
    sunset: date.optional(),
    link: fields.z.unknown().refine(isUrl, got('an absolute URL, such as https://example.com/v1-ends')).optional(),
  })
  return fields.rule(schema, ({ deprecated, sunset, link }, report) => {
    const [from, until] = [dateMs(deprecated), dateMs(sunset)]
    if (from !== undefined && until !== undefined && until < from)
      report(['sunset'], 'is before deprecated; RFC 9745 wants a version deprecated by then')
    if (link !== undefined && deprecated === undefined && sunset === undefined)
      report(['link'], 'is read only with deprecated or sunset, which it is about')
  })
}

/** As it may stand in a `Link`: absolute, and without what would end it there. */
function isUrl(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/[\x21\x23-\x3b\x3d\x3f-\x7e]+$/i.test(value) && URL.canParse(value)
}

/** A segment that stands in canonical paths as it is (RFC 3986, 3.3): a name that would be encoded there is asked for by nobody. */
const segmentName = /^(?!\.{1,2}$)[\w\-.~!$&'()*+,;=:@]+$/

const selectors = { header: 'header', queryParam: 'query', mediaTypeParam: 'media-type', stripVersion: 'uri' } as const

function checkSelectors(config: Loose<VersionRouteConfig>, report: Report): void {
  for (const [option, strategy] of Object.entries(selectors)) {
    if (config[option as keyof typeof selectors] !== undefined && config.strategy !== strategy)
      report([option], `is read only with strategy '${strategy}'; remove it or change the strategy`)
  }
}

function checkVersions(versions: Readonly<Record<string, unknown>>, config: Loose<VersionRouteConfig>, report: Report): void {
  const names = Object.keys(versions)
  if (names.length === 0) report(['routes'], 'expected at least one version')
  for (const name of names) {
    if (name === '') report(['routes', name], 'a version needs a name')
    else if (config.strategy === 'uri' && !segmentName.test(name))
      report(
        ['routes', name],
        `with strategy 'uri' a version is a segment of the path: letters, digits and any of - . _ ~ ! $ & ' ( ) * + , ; = : @`,
      )
  }

  checkMatches(versions, report)
  const weights = Object.values(versions).flatMap((target) =>
    isObject(target) && typeof target.weight === 'number' ? [target.weight] : [],
  )
  const total = totalOf(weights)
  if (weights.length > 0 && total !== 100) report(['routes'], `the weights of the versions sum to ${total}; expected 100, in per cent`)

  const { defaultVersion } = config
  if (names.length > 0 && typeof defaultVersion === 'string' && defaultVersion !== '' && !names.includes(defaultVersion)) {
    report(['defaultVersion'], `'${defaultVersion}' is none of the versions in routes (${names.join(', ')})`)
  }
  if (defaultVersion === undefined && weights.length === 0 && names.length > 0) {
    report(['defaultVersion'], 'is missing; without it, or weights that sum to 100, requests that ask for no version have nowhere to go')
  }
}

/** Two versions that fit the same requests: the second would never get one. */
function checkMatches(versions: Readonly<Record<string, unknown>>, report: Report): void {
  const seen = new Map<string, string>()
  for (const [name, target] of Object.entries(versions)) {
    if (!isObject(target) || !isObject(target.match)) continue
    const key = matchKey(target.match)
    const earlier = seen.get(key)
    if (earlier !== undefined) report(['routes', name, 'match'], `fits the same requests as that of ${earlier}, which comes first`)
    else seen.set(key, name)
  }
}

function matchKey({ header, cookie }: Loose<VersionMatch>): string {
  const conditions = (kind: unknown, nameOf: (name: string) => string) =>
    isObject(kind) ? Object.entries(kind).map(([name, value]) => JSON.stringify([nameOf(name), value])) : []
  return JSON.stringify([conditions(header, (name) => name.toLowerCase()).sort(), conditions(cookie, (name) => name).sort()])
}
