/**
 * The first value of a parameter in a query, with or without its `?`; `undefined` when it isn't there. Names are compared as they
 * stand; values are decoded as forms encode them, and kept as they stand where they can't be.
 */
export function queryValue(query: string, name: string): string | undefined {
  let start = query.startsWith('?') ? 1 : 0
  while (start < query.length) {
    let end = query.indexOf('&', start)
    if (end === -1) end = query.length
    const valueAt = start + name.length
    if (query.startsWith(name, start)) {
      if (valueAt === end) return ''
      if (query.charCodeAt(valueAt) === equalsSign) return decode(query.slice(valueAt + 1, end))
    }
    start = end + 1
  }
  return undefined
}

const equalsSign = 61

function decode(value: string): string {
  if (!/[%+]/.test(value)) return value
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return value
  }
}
