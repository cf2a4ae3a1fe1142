import { type IgnoredPlaces, stepInto } from './ignored-paths.js'

/** A place where two JSON values differ. A side that has nothing there is `undefined`. */
export interface JsonDifference {
  /** `$`, or a path such as `$.items[3].price`. */
  readonly path: string
  /** The same with `[*]` for every index: it says which field differs, wherever in a list. */
  readonly field: string
  readonly primary: unknown
  readonly mirror: unknown
}

interface Pair extends JsonDifference {
  readonly places: IgnoredPlaces
}

const plainName = /^[A-Za-z_$][\w$]*$/

/**
 * Where two parsed JSON values differ: the first `limit` places, in the order of the primary's. The order of names says nothing, that of a list does:
 * items are compared by their position. It walks without recursion: a hostile depth takes time in proportion to its bytes, and no stack.
 */
export function jsonDifferences(primary: unknown, mirror: unknown, ignored: IgnoredPlaces, limit: number): JsonDifference[] {
  const differences: JsonDifference[] = []
  const pending: Pair[] = [{ path: '$', field: '$', primary, mirror, places: ignored }]
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    if (Object.is(pair.primary, pair.mirror) || (pair.primary === 0 && pair.mirror === 0)) continue
    if (Array.isArray(pair.primary) && Array.isArray(pair.mirror)) pushItems(pending, pair, pair.primary, pair.mirror)
    else if (isRecord(pair.primary) && isRecord(pair.mirror)) pushFields(pending, pair, pair.primary, pair.mirror)
    else {
      const { path, field } = pair
      differences.push({ path, field, primary: pair.primary, mirror: pair.mirror })
      if (differences.length >= limit) break
    }
  }
  return differences
}

function pushItems(pending: Pair[], { path, field, places }: Pair, primary: readonly unknown[], mirror: readonly unknown[]): void {
  for (let i = Math.max(primary.length, mirror.length) - 1; i >= 0; i--) {
    const inside = stepInto(places, String(i))
    if (inside === 'ignored') continue
    pending.push({ path: `${path}[${i}]`, field: `${field}[*]`, primary: primary[i], mirror: mirror[i], places: inside })
  }
}

function pushFields(
  pending: Pair[],
  { path, field, places }: Pair,
  primary: Readonly<Record<string, unknown>>,
  mirror: Readonly<Record<string, unknown>>,
): void {
  const push = (name: string) => {
    const inside = stepInto(places, name)
    if (inside === 'ignored') return
    const step = plainName.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
    pending.push({ path: path + step, field: field + step, primary: own(primary, name), mirror: own(mirror, name), places: inside })
  }
  // The last one pushed is looked at first.
  for (const name of Object.keys(mirror).reverse()) if (!Object.hasOwn(primary, name)) push(name)
  for (const name of Object.keys(primary).reverse()) push(name)
}

/** Names of JSON may be those of every object, such as `constructor`. */
function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
