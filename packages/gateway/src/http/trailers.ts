import type { Exchange } from '../exchange.js'
import { fieldKind } from './field-kind.js'
import { headerValues } from './header-lookup.js'
import type { CompiledEdits } from './headers.js'

/** What frames, routes, authenticates or describes a message, and so has to be known before its body (RFC 9110, 6.5.1). */
const notInTrailers =
  /^(?:accept|age|authorization|cache-control|content-.*|cookie|date|expires|if-.*|location|max-forwards|pragma|range|retry-after|set-cookie|vary|warning|www-authenticate|access-control-.*)$/

/**
 * Ends an answer whose body was passed on as it came, with the trailers of the service where the client says that it takes them, and without
 * those whose names the route has removed or set as fields.
 */
export function endStreamed(
  { arrived, response }: Exchange,
  trailers: readonly string[] | undefined,
  edits: CompiledEdits | undefined,
): void {
  if (trailers !== undefined && takesTrailers(arrived.rawHeaders)) response.addTrailers?.(passable(trailers, edits?.dropped))
  response.end()
}

/** RFC 9110, 10.1.4. */
function takesTrailers(rawHeaders: readonly string[]): boolean {
  return headerValues(rawHeaders, 'te').some((value) => value.split(',').some((option) => option.trim().toLowerCase() === 'trailers'))
}

function passable(trailers: readonly string[], dropped: ReadonlySet<string> | undefined): [string, string][] {
  const passed: [string, string][] = []
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i] as string
    const lowerCase = name.toLowerCase()
    if (fieldKind(name) !== 'pass' || notInTrailers.test(lowerCase) || dropped?.has(lowerCase) === true) continue
    passed.push([name, trailers[i + 1] as string])
  }
  return passed
}
