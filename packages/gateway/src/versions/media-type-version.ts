import { headerValue, headerValues } from '../http/header-lookup.js'
import { type MediaRange, mediaRanges } from './media-ranges.js'

/**
 * The version that a request asks for in its media types: of the ranges in `Accept`, in order of their weight, the first that names one of
 * `versions`. Where none does, one that is unknown, unless another range would have any version; a range of weight 0 wants none.
 *
 * Where `Accept` names none at all, the `Content-Type` of a request that brings a representation says which version that is: so do Spring and
 * ASP.NET. Of GET and HEAD it says nothing, since caches don't look at it there.
 */
export function versionInMediaTypes(
  rawHeaders: readonly string[],
  method: string,
  parameter: string,
  versions: object,
): string | undefined {
  const asked = versionAccepted(headerValues(rawHeaders, 'accept'), parameter, versions)
  if (asked.kind !== 'none') return asked.version
  if (method === 'GET' || method === 'HEAD') return undefined
  const type = headerValue(rawHeaders, 'content-type')
  const [range] = type === undefined ? [] : mediaRanges(type)
  return range && versionOf(range, parameter, versions)
}

type Accepted = { readonly kind: 'named'; readonly version: string } | { readonly kind: 'any'; readonly version: undefined } | typeof none

const none = { kind: 'none', version: undefined } as const

function versionAccepted(values: readonly string[], parameter: string, versions: object): Accepted {
  if (values.length === 0) return none
  let unknown: string | undefined
  let takesAny = false
  const ranges = values.flatMap(mediaRanges).filter(({ quality }) => quality > 0)
  for (const range of ranges.sort((a, b) => b.quality - a.quality)) {
    const version = versionOf(range, parameter, versions)
    if (version === undefined) takesAny = true
    else if (Object.hasOwn(versions, version)) return { kind: 'named', version }
    else unknown ??= version
  }
  if (unknown === undefined) return none
  return takesAny ? { kind: 'any', version: undefined } : { kind: 'named', version: unknown }
}

/** `2` names version `2`, or else `v2`. */
function versionOf({ type, parameters }: MediaRange, parameter: string, versions: object): string | undefined {
  const value = parameters.get(parameter)
  if (value === undefined || value === '') return versionInVendorType(type, versions)
  const prefixed = `v${value}`
  return !Object.hasOwn(versions, value) && Object.hasOwn(versions, prefixed) ? prefixed : value
}

/** What means a version, known or not: `v9`, `v1.2`. */
const shapeInParts = /\.(v\d+(?:\.\d+)*)(?=\.)/

/** What stands first behind the vendor: of `v1` and `v1.2` the longer one. The type is in lower case, having none; versions have theirs. */
function versionInVendorType(type: string, versions: object): string | undefined {
  const vendor = type.indexOf('/vnd.')
  if (vendor === -1) return undefined
  const begin = type.indexOf('.', vendor + 5)
  if (begin === -1) return undefined
  const plus = type.lastIndexOf('+')
  const parts = `${type.slice(begin, plus === -1 ? undefined : plus)}.`
  let found: string | undefined
  let foundAt = Number.POSITIVE_INFINITY
  for (const version of Object.keys(versions)) {
    const at = parts.indexOf(`.${version.toLowerCase()}.`)
    if (at === -1 || at > foundAt || (at === foundAt && version.length <= (found ?? '').length)) continue
    found = version
    foundAt = at
  }
  return found ?? shapeInParts.exec(parts)?.[1]
}
