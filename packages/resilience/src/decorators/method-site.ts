import { type AnyClass, ConfigError, decoratorSite, type DecoratorSite } from '@hazeljs/core'
import { memberName } from './declaring-class.js'

const remedies: Readonly<Record<DecoratorSite['kind'], string>> = {
  class: 'a class: decorate the methods that need it',
  field: 'a field: make it a method, async name() { … }',
  method: '',
  other: 'a getter, setter, accessor or parameter: make it a method, async name() { … }',
}

/** The method that a decorator was put on. @throws ConfigError where it is none, which says what to do instead. */
export function methodSite(decorator: string, args: readonly unknown[]): DecoratorSite {
  const site = decoratorSite(args)
  if (site.kind !== 'method') refuse(decorator, site, `decorates methods, not ${remedies[site.kind]}`)
  return site
}

/** @throws ConfigError that names the decorator, the method, and the class where it is known: the standard tells decorators no class, `owner` may. */
export function refuse(decorator: string, site: DecoratorSite, message: string, owner?: AnyClass): never {
  throw new ConfigError(`@${decorator} of ${memberName(site, owner)}`, [{ path: '', message }])
}
