import 'reflect-metadata'
import { HazelError } from './errors.js'
import { metadataSymbol } from './symbol-metadata.js'

/** A class, as a decorator or a reader of metadata meets it. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- abstract classes and private constructors are classes too
export type AnyClass = Function

/** What both decorator standards tell a decorator, in one shape. */
export interface DecoratorSite {
  /** `other`: an accessor, a parameter, or what a later standard adds. */
  readonly kind: 'class' | 'field' | 'method' | 'other'
  /** The member's name; for a class, the class's, which is empty when it has none. */
  readonly name: string
  /** The name as the member is found by it: itself where it is a symbol. */
  readonly key: string | symbol
  /** The class or the method; of other members not always known. */
  readonly value: unknown
  readonly static: boolean
  /** Where metadata of this class is kept: the class itself, or the standard's `context.metadata`. */
  readonly holder: object
}

interface StandardContext {
  readonly kind: string
  readonly name: string | symbol | undefined
  readonly static?: boolean
  readonly metadata: object | undefined
}

/**
 * Reads the arguments a decorator was called with: `(Class)` or `(prototype, name, descriptor?)` under `experimentalDecorators`,
 * `(value, context)` under the TC39 standard.
 *
 * Throws `DECORATOR_METADATA_MISSING` when a compiler implements the standard but not its metadata, as early ones did.
 */
export function decoratorSite(args: readonly unknown[]): DecoratorSite {
  const [target, second, descriptor] = args
  if (isStandardContext(second)) {
    const kind = second.kind === 'class' || second.kind === 'field' || second.kind === 'method' ? second.kind : 'other'
    const name = String(second.name ?? '')
    if (second.metadata === undefined) {
      throw new HazelError(
        'DECORATOR_METADATA_MISSING',
        `The decorated ${second.kind} ${name} was compiled without decorator metadata: update the compiler`,
      )
    }
    return { kind, name, key: second.name ?? '', value: target, static: second.static ?? false, holder: second.metadata }
  }
  if (typeof second !== 'string' && typeof second !== 'symbol') {
    const { name } = target as AnyClass
    const kind = descriptor === undefined ? 'class' : 'other'
    return { kind, name, key: name, value: target, static: false, holder: target as object }
  }
  const isStatic = typeof target === 'function'
  const holder = isStatic ? target : (target as { constructor: AnyClass }).constructor
  const value = (descriptor as PropertyDescriptor | undefined)?.value as unknown
  return { kind: legacyKind(descriptor), name: String(second), key: second, value, static: isStatic, holder }
}

/** Fields come without a descriptor, parameters with their index in its place. */
function legacyKind(descriptor: unknown): DecoratorSite['kind'] {
  if (descriptor === undefined) return 'field'
  return typeof (descriptor as PropertyDescriptor).value === 'function' ? 'method' : 'other'
}

function isStandardContext(value: unknown): value is StandardContext {
  return typeof value === 'object' && value !== null && 'kind' in value && 'addInitializer' in value
}

/** A named place for metadata of classes, the same under both decorator standards and shared by every copy of a package. */
export class MetadataSlot<T> {
  readonly #key: string

  /** `key` is global: two copies of a package that use one key read each other's classes. */
  constructor(key: string) {
    this.#key = key
  }

  /** What this class itself carries, `initial` being stored first where there is nothing yet. Parents are never touched. */
  own(holder: object, initial: () => T): T {
    if (typeof holder !== 'function') {
      const metadata = holder as Record<string, T>
      if (!Object.hasOwn(metadata, this.#key)) metadata[this.#key] = initial()
      return metadata[this.#key] as T
    }
    const existing = Reflect.getOwnMetadata(this.#key, holder) as T | undefined
    if (existing !== undefined) return existing
    const created = initial()
    Reflect.defineMetadata(this.#key, created, holder)
    return created
  }

  /** What the class and its ancestors carry, the most distant ancestor first. */
  lineage(target: AnyClass): T[] {
    const found: T[] = []
    for (let current: unknown = target; typeof current === 'function'; current = Object.getPrototypeOf(current)) {
      const legacy = Reflect.getOwnMetadata(this.#key, current) as T | undefined
      if (legacy !== undefined) found.unshift(legacy)
      const metadata = Object.hasOwn(current, metadataSymbol) ? (Reflect.get(current, metadataSymbol) as unknown) : undefined
      if (typeof metadata === 'object' && metadata !== null && Object.hasOwn(metadata, this.#key)) {
        found.unshift((metadata as Record<string, T>)[this.#key] as T)
      }
    }
    return found
  }
}
