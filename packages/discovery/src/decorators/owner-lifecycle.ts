import { reportFault } from '@hazeljs/core'

/** The names of the methods that an object begins and ends its work with, in place of those that are usual. */
export interface LifecycleHooks {
  /** Default: `onModuleInit` and `start`, those that there are. */
  readonly start?: string | symbol
  /** Default: `onModuleDestroy`, `stop` and `[Symbol.asyncDispose]`, those that there are. */
  readonly end?: string | symbol
}

/** What containers call, and what people call who have none. */
export const usualStartHooks: readonly (string | symbol)[] = ['onModuleInit', 'start']
export const usualEndHooks: readonly (string | symbol)[] = ['onModuleDestroy', 'stop', Symbol.asyncDispose]
/** Added where a class has none of the usual ones. */
const addedStartHooks: readonly string[] = ['onModuleInit']
const addedEndHooks: readonly (string | symbol)[] = ['onModuleDestroy', Symbol.asyncDispose]

type Method = (this: object, ...args: unknown[]) => unknown
type Work = (owner: object) => Promise<unknown>

/** Does `work` when a method that begins the object's work has succeeded; the method waits for it, and fails with it. */
export function afterStart(prototype: object, hook: string | symbol | undefined, work: Work): void {
  for (const key of hooksOf(prototype, hook, usualStartHooks, addedStartHooks)) {
    surround(prototype, key, async (owner, method) => {
      const result = await method()
      await work(owner)
      return result
    })
  }
}

/** Does `work` before a method that ends the object's work. The method runs even where it fails, and then fails with that. */
export function beforeEnd(prototype: object, hook: string | symbol | undefined, work: Work): void {
  for (const key of hooksOf(prototype, hook, usualEndHooks, addedEndHooks)) {
    surround(prototype, key, async (owner, method) => {
      const failure = await work(owner).then(
        () => undefined,
        (error: unknown) => ({ error }),
      )
      const result = await method()
      if (failure !== undefined) throw failure.error
      return result
    })
  }
}

/** Does `work` after a method that ends the object's work, also where that fails. */
export function afterEnd(prototype: object, work: Work): void {
  for (const key of hooksOf(prototype, undefined, usualEndHooks, addedEndHooks)) {
    surround(prototype, key, async (owner, method) => {
      try {
        return await method()
      } finally {
        await work(owner)
      }
    })
  }
}

function hooksOf(
  prototype: object,
  named: string | symbol | undefined,
  usual: readonly (string | symbol)[],
  added: readonly (string | symbol)[],
): readonly (string | symbol)[] {
  if (named !== undefined) return [named]
  const present = usual.filter((key) => isMethod(prototype, key))
  return present.length > 0 ? present : added
}

export function isMethod(prototype: object, key: string | symbol): boolean {
  return typeof Reflect.get(prototype, key) === 'function'
}

/** Puts a method in the place of the one that the prototype has or inherits, or of none. */
function surround(prototype: object, key: string | symbol, run: (owner: object, method: () => unknown) => Promise<unknown>): void {
  const own = Object.getOwnPropertyDescriptor(prototype, key)?.value as Method | undefined
  const value = function (this: object, ...args: unknown[]) {
    const method = own ?? (Reflect.get(Object.getPrototypeOf(prototype) as object, key) as Method | undefined)
    let isSynchronous = false
    const result = run(this, () => {
      const returned = method?.apply(this, args)
      isSynchronous = method !== undefined && !isPromiseLike(returned)
      return returned
    })
    // Who calls a method that promised nothing may not wait for it, and its failure must not end the process.
    result.catch((error: unknown) => {
      if (isSynchronous) reportFault(`${this.constructor.name}.${String(key)}`, error)
    })
    return result
  }
  Object.defineProperty(value, 'name', { value: typeof key === 'symbol' ? `[${key.description ?? ''}]` : key, configurable: true })
  Object.defineProperty(prototype, key, { value, configurable: true, writable: true })
}

function isPromiseLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value
}
