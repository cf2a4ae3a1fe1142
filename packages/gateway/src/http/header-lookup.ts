/** The first value of a field in a flat list of names and values; `name` in lower case. */
export function headerValue(raw: readonly string[], name: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2) {
    const candidate = raw[i] as string
    if (candidate.length === name.length && (candidate === name || candidate.toLowerCase() === name)) return raw[i + 1]
  }
  return undefined
}

/** Every value of a field, in order; `name` in lower case. */
export function headerValues(raw: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const candidate = raw[i] as string
    if (candidate.length === name.length && candidate.toLowerCase() === name) values.push(raw[i + 1] as string)
  }
  return values
}
