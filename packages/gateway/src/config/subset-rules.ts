import { isDeepStrictEqual } from 'node:util'
import { show, suggest } from '@hazeljs/core'
import type { GatewayRouteDefinition } from './definition.js'
import { isObject, type Loose, type Report } from './fields.js'

type Route = Loose<GatewayRouteDefinition>
type Options = Readonly<Record<string, unknown>>

const arms = ['stable', 'canary'] as const

/** On a route with versions, an arm without a filter of its own is one of them: a name that is none would have no instance. */
export function checkArmVersions({ versionRoute, canary }: Route, report: Report): void {
  const versions = optionsIn(versionRoute, 'routes')
  if (versions === undefined) return
  for (const arm of arms) {
    const { version, filter } = optionsIn(canary, arm) ?? {}
    if (filter !== undefined || typeof version !== 'string' || version === '' || Object.hasOwn(versions, version)) continue
    const hint = suggest(version, Object.keys(versions))
    report(['canary', arm, 'version'], `'${version}', of an arm without a filter, is none of the versions in versionRoute.routes; ${hint}`)
  }
}

/** An instance has to fit the route's filter and its version's or arm's. Where the two want different things, none ever does. */
export function checkFilters({ serviceConfig, versionRoute, canary }: Route, report: Report): void {
  const outer = optionsIn(serviceConfig, 'filter')
  if (outer === undefined) return
  const versions = optionsIn(versionRoute, 'routes') ?? {}
  for (const [name, target] of Object.entries(versions))
    contradictions(outer, optionsIn(target, 'filter'), ['versionRoute', 'routes', name, 'filter'], report)
  for (const arm of arms) {
    const { version, filter } = optionsIn(canary, arm) ?? {}
    if (isObject(filter)) contradictions(outer, filter, ['canary', arm, 'filter'], report)
    else if (typeof version === 'string' && !(Object.hasOwn(versions, version) && optionsIn(versions[version], 'filter') !== undefined))
      contradictions(outer, { metadata: { version } }, ['canary', arm, 'version'], report)
  }
}

function contradictions(outer: Options, inner: Options | undefined, path: readonly PropertyKey[], report: Report): void {
  if (inner === undefined) return
  const contradict = (place: readonly string[], wanted: unknown, own: unknown) => {
    if (wanted === undefined || own === undefined || isDeepStrictEqual(wanted, own)) return
    const where = ['serviceConfig', 'filter', ...place].join('.')
    report(
      path.at(-1) === 'filter' ? [...path, ...place] : path,
      `wants ${place.join('.')} ${show(own)}, and ${where} wants ${show(wanted)}: no instance has both`,
    )
  }
  contradict(['zone'], outer.zone, inner.zone)
  contradict(['status'], outer.status, inner.status)
  const [wanted, own] = [outer.metadata, inner.metadata]
  if (isObject(wanted) && isObject(own)) for (const key of Object.keys(own)) contradict(['metadata', key], wanted[key], own[key])
}

function optionsIn(options: unknown, name: string): Options | undefined {
  const value = isObject(options) ? options[name] : undefined
  return isObject(value) ? value : undefined
}
