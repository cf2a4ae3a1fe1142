import type { ZodType } from 'zod'
import type { VersionRouteConfig, VersionTarget } from './version-config.js'
import { type Fields, isObject, type Loose, type Report, totalOf } from './fields.js'
import { headerName } from './header-schema.js'

export function versionRouteSchema(fields: Fields): ZodType {
  const target = fields.options<VersionTarget>({
    weight: fields.percent.optional(),
    allowExplicit: fields.flag.optional(),
    filter: fields.filter.optional(),
  })
  const schema = fields.options<VersionRouteConfig>({
    strategy: fields.oneOf(['header', 'uri', 'query']),
    header: headerName(fields).optional(),
    queryParam: fields.text.optional(),
    defaultVersion: fields.text.optional(),
    routes: fields.z.record(fields.z.string(), target, {
      error: ({ input }) =>
        input === undefined ? 'is missing; expected the versions by name' : 'expected an object with the versions by name',
    }),
  })
  return fields.rule(schema, (config, report) => {
    checkSelectors(config, report)
    if (isObject(config.routes)) checkVersions(config.routes, config, report)
  })
}

function checkSelectors({ strategy, header, queryParam }: Loose<VersionRouteConfig>, report: Report): void {
  if (header !== undefined && strategy !== 'header')
    report(['header'], `is read only with strategy 'header'; remove it or change the strategy`)
  if (queryParam !== undefined && strategy !== 'query')
    report(['queryParam'], `is read only with strategy 'query'; remove it or change the strategy`)
}

function checkVersions(versions: Readonly<Record<string, unknown>>, config: Loose<VersionRouteConfig>, report: Report): void {
  const names = Object.keys(versions)
  if (names.length === 0) report(['routes'], 'expected at least one version')
  for (const name of names) {
    if (name === '') report(['routes', name], 'a version needs a name')
    else if (config.strategy === 'uri' && /[/?#%\s]/.test(name)) {
      report(
        ['routes', name],
        `with strategy 'uri' a version is a segment of the path: its name can't hold slashes, spaces or any of ? # %`,
      )
    }
  }

  const weights = Object.values(versions).flatMap((target) =>
    isObject(target) && typeof target.weight === 'number' ? [target.weight] : [],
  )
  const total = totalOf(weights)
  if (weights.length > 0 && total !== 100) report(['routes'], `the weights of the versions sum to ${total}; expected 100`)

  const { defaultVersion } = config
  if (typeof defaultVersion === 'string' && defaultVersion !== '' && !names.includes(defaultVersion)) {
    report(['defaultVersion'], `'${defaultVersion}' is none of the versions in routes (${names.join(', ')})`)
  }
  if (defaultVersion === undefined && weights.length === 0 && names.length > 0) {
    report(['defaultVersion'], 'is missing; without it, or weights that sum to 100, requests that ask for no version have nowhere to go')
  }
}
