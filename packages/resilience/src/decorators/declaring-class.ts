import { type AnyClass, type DecoratorSite, suggest } from '@hazeljs/core'

/** Whether `holder` keeps the metadata of `owner` itself, its parents' left out. */
export function isHolderOf(holder: object, owner: AnyClass): boolean {
  return holder === owner || Object.getOwnPropertyDescriptor(owner, Symbol.metadata)?.value === holder
}

/** The class that `holder` belongs to: `owner` or one that it extends. Not known where a class of the standard has no `owner` to be found by. */
export function declaringClass(holder: object, owner: unknown): AnyClass | undefined {
  if (typeof holder === 'function') return holder
  for (let current = owner; typeof current === 'function'; current = Object.getPrototypeOf(current)) {
    if (isHolderOf(holder, current)) return current
  }
  return undefined
}

/** How messages name a member: the class first, where it is known. */
export function memberName({ holder, name, kind }: DecoratorSite, owner?: unknown): string {
  const declaring = declaringClass(holder, owner)
  return declaring === undefined || kind === 'class' ? name : `${declaring.name}.${name}`
}

/** The nearest object from `home` upwards, a prototype or a class, that has a member `key` of its own. */
export function memberHome(home: object, key: string | symbol): object | undefined {
  for (let current: object | null = home; current !== null; current = Object.getPrototypeOf(current) as object | null) {
    if (Object.hasOwn(current, key)) return current
  }
  return undefined
}

/** The end of a complaint about a name that is not one of `names`. */
export function nearestOf(name: string | symbol, names: readonly string[]): string {
  return names.length === 0 ? 'there are none' : suggest(String(name), names)
}

/** What `home` and its parents call their methods. */
export function methodNames(home: object): string[] {
  const names = new Set<string>()
  for (
    let current = home;
    current !== Object.prototype && current !== Function.prototype;
    current = Object.getPrototypeOf(current) as object
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(current))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name)
    }
  }
  return [...names]
}
