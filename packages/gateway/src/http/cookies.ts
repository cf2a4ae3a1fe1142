/**
 * The value of a cookie, as clients send it: RFC 6265, 5.4. Of several with one name the first, whose path is the longest. Names have case;
 * quotes are part of the value.
 */
export function cookieValue(raw: readonly string[], name: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2) {
    const field = raw[i] as string
    if (field.length !== 6 || (field.charCodeAt(0) | 32) !== lowerC || field.toLowerCase() !== 'cookie') continue
    const value = valueIn(raw[i + 1] as string, name)
    if (value !== undefined) return value
  }
  return undefined
}

/** `Accept` has six letters, too. */
const lowerC = 99

function valueIn(pairs: string, name: string): string | undefined {
  for (let at = pairs.indexOf(name); at !== -1; at = pairs.indexOf(name, at + name.length)) {
    const equals = at + name.length
    if (pairs[equals] !== '=' || !beginsPair(pairs, at)) continue
    const end = pairs.indexOf(';', equals)
    return pairs.slice(equals + 1, end === -1 ? undefined : end).trim()
  }
  return undefined
}

function beginsPair(pairs: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && (pairs[before] === ' ' || pairs[before] === '\t')) before--
  return before < 0 || pairs[before] === ';'
}
