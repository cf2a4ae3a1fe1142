import { type AnyClass, type DecoratorSite, show } from '@hazeljs/core'
import { declaringClass, memberHome, methodNames, nearestOf } from './declaring-class.js'
import { decorationsAt, findGuarded, guardedMethod, type Method } from './guarded-method.js'
import { methodSite, refuse } from './method-site.js'
import type { FallbackDecorator } from './signatures.js'

type StandardContext = ClassMethodDecoratorContext<object, Method>

/**
 * Answers any failure of `method` that its policies could not cure, cancellations excepted: the decorated method is called by its name, on
 * the same object, with the arguments and then the error. (Parameters that a call leaves out are `undefined`, but those from the first
 * with a default value on are not counted.) What it throws is what the caller sees.
 *
 * It works with and without policies around `method`, and for subclasses of the class, where it may be overridden. A call without a
 * `this` has no fallback.
 */
export function Fallback<const Name extends string | symbol>(method: Name): FallbackDecorator<Name> {
  return (...args: readonly unknown[]): void => {
    const site = methodSite('Fallback', args)
    const own = decorationsAt(site)
    if (method === site.key) refuse('Fallback', site, 'a method is no fallback for itself; name the one it answers for')
    if (own.fallbacks.has(method)) refuse('Fallback', site, `${String(method)} has a fallback in this class; keep one`)
    if (typeof site.holder === 'function') {
      own.fallbacks.set(method, (self) => (self as Record<string | symbol, Method>)[site.key] as Method)
      guard(method, args[0] as object, site)
      return
    }
    const context = args[1] as StandardContext
    own.fallbacks.set(method, (self) => context.access.get(self as object))
    let isGuarded = own.guarded.has(method)
    context.addInitializer(function () {
      if (isGuarded) return
      isGuarded = true
      const owner = site.static ? this : this.constructor
      const declaring = declaringClass(site.holder, owner) ?? owner
      guard(method, site.static ? declaring : ((declaring as AnyClass).prototype as object), site)
    })
  }
}

/** Makes the method one that can fall back, where it has no policies. `home` is the class, or the prototype, that it belongs to. */
function guard(key: string | symbol, home: object, site: DecoratorSite): void {
  const descriptor = Object.getOwnPropertyDescriptor(memberHome(home, key) ?? home, key)
  if (typeof descriptor?.value !== 'function') {
    const names = methodNames(home).filter((name) => name !== site.name)
    const owner = typeof home === 'function' ? home : home.constructor
    refuse('Fallback', site, `there is no method ${show(key)}; ${nearestOf(key, names)}`, owner)
  }
  if (findGuarded(home, key) !== undefined) return
  const { wrapper } = guardedMethod(descriptor.value as Method, { ...site, key, name: String(key) })
  Object.defineProperty(home, key, { ...descriptor, value: wrapper })
}
