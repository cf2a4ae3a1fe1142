import { ConfigError, decoratorSite, MetadataSlot, show } from '@hazeljs/core'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { resolveRegistration, type ServiceRegistryConfig } from '../registration/config.js'
import { ServiceRegistry } from '../registration/service-registry.js'
import { afterStart, beforeEnd, isMethod, type LifecycleHooks } from './owner-lifecycle.js'

/** Decorates a class, under both decorator standards. */
export type RegisterServiceDecorator<Owner> = (target: { readonly prototype: Owner }, context?: { readonly kind: 'class' }) => void

interface Registration {
  registryFor(owner: object): ServiceRegistry
  /** Deregisters, after the time for calls that run where the config has a `drain`. Nothing to do for an object that nobody registered. */
  end(owner: object): Promise<void>
}

const registrations = /* @__PURE__ */ new MetadataSlot<Registration[]>('hazeljs:discovery:registration')

/**
 * Registers each object of the class as an instance of a service, and takes it out again, with the class's own lifecycle: it is registered
 * when `onModuleInit()` or `start()` has succeeded, and deregistered before `onModuleDestroy()`, `stop()` or `[Symbol.asyncDispose]()` runs.
 * Containers call the one pair, code without a container the other; `hooks` names other methods. A class without any gets `onModuleInit`,
 * `onModuleDestroy` and `[Symbol.asyncDispose]`. These methods then return promises that wait for the registry, and fail with its errors;
 * making an object registers nothing. With a `drain` in the config it is deregistered as by `ServiceRegistry.shutdown`, else at once.
 *
 * `config` may be a function, which is asked with the object when it is first needed: for a port that is known only after `listen`.
 * {@link registrationOf} gives the registration of an object. A subclass inherits it; one that overrides a hook calls `super`.
 *
 * @throws {ConfigError} naming the class, when it is defined: for a config that is wrong, and a hook that there is not.
 */
export function RegisterService<Owner extends object = object>(
  config: ServiceRegistryConfig | ((owner: Owner) => ServiceRegistryConfig),
  backend?: RegistryBackend,
  hooks: LifecycleHooks = {},
): RegisterServiceDecorator<Owner> {
  return (...args: readonly unknown[]) => {
    const site = decoratorSite(args)
    const subject = `@RegisterService of ${site.name}`
    if (site.kind !== 'class') throw new ConfigError(subject, [{ path: '', message: `decorates a class, not a ${site.kind}` }])
    const { prototype } = site.value as { readonly prototype: object }
    if (typeof config !== 'function') checkConfig(subject, config)
    checkHooks(subject, prototype, hooks)

    const own = registrations.own(site.holder, () => [])
    if (own.length > 0) throw new ConfigError(subject, [{ path: '', message: 'is given twice; keep one' }])
    own.push(new OwnersRegistrations(typeof config === 'function' ? (owner) => config(owner as Owner) : () => config, backend))
    afterStart(prototype, hooks.start, async (owner) => registrationOf(owner).register())
    beforeEnd(prototype, hooks.end, async (owner) => nearestRegistration(owner).end(owner))
  }
}

/**
 * The registration of an object whose class has `@RegisterService`, or extends one that has: to register by hand, or to look at.
 *
 * @throws {ConfigError} when the class has none, or its config, which a function gave, is wrong.
 */
export function registrationOf(owner: object): ServiceRegistry {
  return nearestRegistration(owner).registryFor(owner)
}

function nearestRegistration(owner: object): Registration {
  const nearest = registrations.lineage(owner.constructor).at(-1)?.at(-1)
  if (nearest !== undefined) return nearest
  throw new ConfigError('registrationOf', [{ path: '', message: `${owner.constructor.name} has no @RegisterService` }])
}

/** The registrations of one class's objects. */
class OwnersRegistrations implements Registration {
  readonly #configOf: (owner: object) => ServiceRegistryConfig
  readonly #backend: RegistryBackend | undefined
  readonly #byOwner = new WeakMap<object, { readonly registry: ServiceRegistry; readonly drains: boolean }>()

  constructor(configOf: (owner: object) => ServiceRegistryConfig, backend: RegistryBackend | undefined) {
    this.#configOf = configOf
    this.#backend = backend
  }

  registryFor(owner: object): ServiceRegistry {
    return this.#of(owner).registry
  }

  end(owner: object): Promise<void> {
    // A start that failed may have left nothing that a config can be made of.
    const known = this.#byOwner.get(owner)
    if (known === undefined) return Promise.resolve()
    return known.drains ? known.registry.shutdown() : known.registry.deregister()
  }

  #of(owner: object) {
    const known = this.#byOwner.get(owner)
    if (known !== undefined) return known
    const config = this.#configOf(owner)
    const made = { registry: new ServiceRegistry(config, this.#backend), drains: config.drain !== undefined }
    this.#byOwner.set(owner, made)
    return made
  }
}

function checkConfig(subject: string, config: ServiceRegistryConfig): void {
  try {
    resolveRegistration(config)
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(subject, error.problems) : error
  }
}

function checkHooks(subject: string, prototype: object, hooks: LifecycleHooks): void {
  const missing = (['start', 'end'] as const).filter((hook) => hooks[hook] !== undefined && !isMethod(prototype, hooks[hook]))
  const problems = missing.map((hook) => ({ path: `hooks.${hook}`, message: `there is no method ${show(hooks[hook])}` }))
  if (problems.length > 0) throw new ConfigError(subject, problems)
}
