/** One element of `Accept` (RFC 9110, 12.5.1), or a whole `Content-Type`. */
export interface MediaRange {
  /** Type and subtype in lower case: `application/vnd.shop.v2+json`. */
  readonly type: string
  /** Names in lower case, `q` not among them; of two with one name the first. Quotes are taken off the values. */
  readonly parameters: ReadonlyMap<string, string>
  /** From 0 to 1; 0: not wanted. */
  readonly quality: number
}

const typePattern = /^[!#$%&'*+\-.^_`|~0-9a-z]+\/[!#$%&'*+\-.^_`|~0-9a-z]+$/
const qualityPattern = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/**
 * The ranges in a value of `Accept`, in order. What is no range, or has a weight that is none, is left out, and the others still count. Never
 * throws; takes time in proportion to the length.
 */
export function mediaRanges(value: string): MediaRange[] {
  return splitAt(value, ',').flatMap((element) => {
    const [type = '', ...rest] = splitAt(element, ';')
    const name = type.trim().toLowerCase()
    if (!typePattern.test(name)) return []
    const parameters = new Map<string, string>()
    for (const parameter of rest) {
      const equals = parameter.indexOf('=')
      if (equals === -1) continue
      const key = parameter.slice(0, equals).trim().toLowerCase()
      if (!parameters.has(key)) parameters.set(key, unquoted(parameter.slice(equals + 1).trim()))
    }
    const weight = parameters.get('q') ?? '1'
    parameters.delete('q')
    return qualityPattern.test(weight) ? [{ type: name, parameters, quality: Number(weight) }] : []
  })
}

/** Parts between separators that stand outside of quoted strings (RFC 9110, 5.6.4). A quote without an end goes on to the end of the text. */
function splitAt(text: string, separator: ',' | ';'): string[] {
  if (!text.includes('"')) return text.split(separator)
  const parts: string[] = []
  let quoted = false
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (quoted && character === '\\') i++
    else if (character === '"') quoted = !quoted
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

function unquoted(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value
  return value.slice(1, -1).replaceAll(/\\(.)/g, '$1')
}
