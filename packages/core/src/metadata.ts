import 'reflect-metadata'
import { metadataSymbol } from './symbol-metadata.js'

/** A class, as a decorator or a reader of metadata meets it. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- abstract classes and private constructors are classes too
export type AnyClass = Function

/** What both decorator standards tell a decorator, in one shape. */
export interface DecoratorSite {
  readonly kind: 'class' | 'field' | 'method' | 'other'
  /** The member's name; for a class, the class's. */
  readonly name: string
  readonly static: boolean
  /** Where metadata of this class is kept: the class itself, or the standard's `context.metadata`. */
  readonly holder: object
}

interface StandardContext {
  readonly kind: string
  readonly name: string | symbol | undefined
  readonly static?: boolean
  readonly metadata: object
}

/**
 * Reads the arguments a decorator was called with: `(Class)` or `(prototype, name, descriptor?)` under `experimentalDecorators`,
 * `(value, context)` under the TC39 standard.
 */
export function decoratorSite(args: readonly unknown[]): DecoratorSite {
  const [target, second, descriptor] = args
  if (isStandardContext(second)) {
    const kind = second.kind === 'class' || second.kind === 'field' || second.kind === 'method' ? second.kind : 'other'
    return { kind, name: String(second.name), static: second.static ?? false, holder: second.metadata }
  }
  if (second === undefined) return { kind: 'class', name: (target as AnyClass).name, static: false, holder: target as object }
  const isStatic = typeof target === 'function'
  const holder = isStatic ? target : (target as { constructor: AnyClass }).constructor
  return { kind: descriptor === undefined ? 'field' : 'method', name: String(second), static: isStatic, holder }
}

function isStandardContext(value: unknown): value is StandardContext {
  return typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value
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
      const metadata = Object.hasOwn(current, metadataSymbol) ? (current as unknown as Record<symbol, unknown>)[metadataSymbol] : undefined
      if (typeof metadata === 'object' && metadata !== null && Object.hasOwn(metadata, this.#key)) {
        found.unshift((metadata as Record<string, T>)[this.#key] as T)
      }
    }
    return found
  }
}
