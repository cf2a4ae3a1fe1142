import type { VersionRouteConfig, VersionTarget } from '../config/version-config.js'
import { dateMs } from '../config/version-date.js'

/** Fields for each answer of a version, name, value, …; empty where it needs none. Not frozen: copies of frozen arrays are slow, a third of a µs. */
export function answerFields(vary: readonly string[], target: VersionTarget | undefined): readonly string[] {
  const fields: string[] = vary.length === 0 ? [] : ['Vary', vary.join(', ')]
  const deprecatedMs = dateMs(target?.deprecated)
  const sunsetMs = dateMs(target?.sunset)
  const relations: string[] = []
  if (deprecatedMs !== undefined) {
    fields.push('Deprecation', `@${Math.floor(deprecatedMs / 1_000)}`) // RFC 9745, 2.1: a Date of RFC 9651
    relations.push('deprecation')
  }
  if (sunsetMs !== undefined) {
    fields.push('Sunset', new Date(sunsetMs).toUTCString()) // RFC 8594, 3: an HTTP-date
    relations.push('sunset')
  }
  if (target?.link !== undefined) fields.push('Link', relations.map((relation) => `<${target.link}>; rel="${relation}"`).join(', '))
  return fields
}

/** Which fields of a request may lead it to another version, so that caches keep the answers apart (RFC 9110, 12.5.5). */
export function varyingFields({ strategy, routes }: VersionRouteConfig, header: string): string[] {
  const names = strategy === 'header' ? [header] : strategy === 'media-type' ? ['Accept'] : []
  for (const { match } of Object.values(routes)) {
    names.push(...Object.keys(match?.header ?? {}))
    if (match?.cookie !== undefined && Object.keys(match.cookie).length > 0) names.push('Cookie')
  }
  const seen = new Set<string>()
  return names.filter((name) => !seen.has(name.toLowerCase()) && seen.add(name.toLowerCase()))
}
