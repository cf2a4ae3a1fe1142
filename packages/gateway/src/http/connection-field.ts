/**
 * Fields that `Connection` cannot take away: a client that names them wants the gateway to drop what a service relies on, its caller's
 * identity before all, which a proxy in front may have found out and told in a field of this kind. Nor what is meant for everybody on the
 * way (RFC 9110, 7.6.1), and a key without which a repeated request is another one.
 */
const protectedField =
  /^(?:host|authorization|cookie|set-cookie|via|forwarded|remote-user|cache-control|idempotency-key|trace(?:parent|state)|content-.*|x-(?:request-id|real-ip|(?:forwarded|user|auth|authenticated|consumer|client|account|tenant)(?:-.*)?))$/
const plainOption = /^(?:keep-alive|close)$/i

/**
 * The fields that a value of `Connection` declares to be about this connection alone, in lower case, added to `named`, which is made when
 * the first one is found.
 */
export function connectionFields(value: string, named: Set<string> | undefined): Set<string> | undefined {
  if (plainOption.test(value)) return named
  let fields = named
  for (const option of value.toLowerCase().split(',')) {
    const name = option.trim()
    if (name === '' || plainOption.test(name) || protectedField.test(name)) continue
    fields ??= new Set()
    fields.add(name)
  }
  return fields
}

/** A flat list of names and values without the fields whose lower-case names are in `names`. */
export function withoutFields(flat: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    if (!names.has(name.toLowerCase())) kept.push(name, flat[i + 1] as string)
  }
  return kept
}

/** Whether a flat list of names and values has a field of this name, in any case. */
export function hasField(flat: readonly string[], wanted: string): boolean {
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string
    if (name.length === wanted.length && (name === wanted || name.toLowerCase() === wanted.toLowerCase())) return true
  }
  return false
}
