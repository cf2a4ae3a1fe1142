/**
 * Whether two definitions say the same. The order of keys is no difference, nor is a key that is `undefined`; what is neither a plain object
 * nor an array, such as a function or a client, is the same only as itself, for nobody can see what is inside.
 */
export function sameDefinition(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => sameDefinition(item, b[index]))
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => sameDefinition(a[key], b[key]))
}

/** Checked definitions are frozen copies, whose plain objects all have this prototype. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
