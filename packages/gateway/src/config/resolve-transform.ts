import { defaultTransformBytes } from './defaults.js'
import type { MessageTransform, TransformConfig } from './definition.js'
import type { HeaderEdits } from './header-edits.js'
import type { BodyRule, ResolvedTransform } from './resolved.js'

export function resolveTransform({ request = {}, response = {} }: TransformConfig): ResolvedTransform {
  const responseBody = bodyRule(response)
  return Object.freeze({
    requestEdits: responseBody === undefined ? request : askingForAll(request),
    responseEdits: response,
    requestBody: bodyRule(request),
    responseBody,
  })
}

function bodyRule<View>({ body, when, maxBytes }: MessageTransform<View>): BodyRule<View> | undefined {
  return body && Object.freeze({ body, when, maxBytes: maxBytes ?? defaultTransformBytes })
}

/**
 * A function of the answer's body needs all of it: the service is not asked for parts (RFC 9110, 14.2, lets anybody ignore `Range`), nor
 * for compression, unless the route itself sets what it accepts.
 */
function askingForAll({ set = {}, remove = [] }: HeaderEdits): HeaderEdits {
  const names = Object.keys(set).map((name) => name.toLowerCase())
  return {
    set: names.includes('accept-encoding') ? set : { ...set, 'accept-encoding': 'identity' },
    remove: [...remove, 'range', 'if-range'],
  }
}
