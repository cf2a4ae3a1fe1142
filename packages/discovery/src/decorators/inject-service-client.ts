import { type AnyClass, ConfigError, decoratorSite, type DecoratorSite, MetadataSlot } from '@hazeljs/core'
import { type ServiceClientOptions, serviceClientProblems } from '../service-client/options.js'
import { ServiceClient } from '../service-client/service-client.js'
import type { ServiceDiscovery } from '../service-client/service-target.js'
import { defaultDiscovery } from './discovery-scope.js'
import { afterEnd } from './owner-lifecycle.js'

export interface InjectServiceClientOptions<Owner = never> extends Omit<ServiceClientOptions, 'serviceName'> {
  /**
   * The discovery client to find instances with, or a function that is asked at the first call, with the object whose field it is. Default:
   * that of `defaultDiscovery`.
   */
  readonly discovery?: ServiceDiscovery | ((owner: Owner) => ServiceDiscovery)
}

type Takes<Value> = ServiceClient extends Value ? unknown : 'The field is not of the type ServiceClient'

/** Decorates a field or an `accessor`, static ones and private ones too, under both decorator standards. */
export interface InjectServiceClientDecorator<Owner> {
  <This extends Owner, Value>(
    value: undefined,
    context: ClassFieldDecoratorContext<This, Value> & Takes<Value>,
  ): (this: This, initial: Value) => Value
  <This extends Owner, Value>(
    value: ClassAccessorDecoratorTarget<This, Value>,
    context: ClassAccessorDecoratorContext<This, Value> & Takes<Value>,
  ): ClassAccessorDecoratorResult<This, Value>
  <Value>(target: object, name: string | symbol, descriptor?: TypedPropertyDescriptor<Value> & Takes<Value>): void
}

/** The clients of one class's objects, its parents' left out. */
interface InjectedClients {
  readonly byOwner: WeakMap<object, Set<ServiceClient>>
  /** Objects that have ended: what is made for them later is closed from the start. */
  readonly ended: WeakSet<object>
  closesWithOwner: boolean
}

const injected = /* @__PURE__ */ new MetadataSlot<InjectedClients>('hazeljs:discovery:clients')

/**
 * Makes the field a {@link ServiceClient} of the service, one for each object. It looks for instances at its first call, and is closed when
 * the object's `onModuleDestroy()`, `stop()` or `[Symbol.asyncDispose]()` has run; a class without any gets the first and the last. For
 * those of static fields, and where nothing ends the object, there is {@link closeServiceClients}.
 *
 * Under `experimentalDecorators` with `useDefineForClassFields`, the default for the target ES2022 and above, the compiler overwrites what
 * a decorator has put in a field's place: declare the field, `@InjectServiceClient('users') declare readonly users: ServiceClient`.
 *
 * @throws {ConfigError} when the class is defined: for options that are wrong, and for members that can hold no client.
 */
export function InjectServiceClient<Owner = unknown>(
  serviceName: string,
  { discovery, ...options }: InjectServiceClientOptions<Owner> = {},
): InjectServiceClientDecorator<Owner> {
  const clientOptions: ServiceClientOptions = { ...options, serviceName }
  const make = (owner: object) => {
    const source = typeof discovery === 'function' ? () => discovery(owner as Owner) : (discovery ?? (() => defaultDiscovery.client))
    return new ServiceClient(source, clientOptions)
  }
  return (...args: readonly unknown[]): never => {
    const site = decoratorSite(args)
    const problems = [...misplaced(site, args), ...serviceClientProblems(clientOptions)]
    if (problems.length > 0) throw new ConfigError(`@InjectServiceClient of ${site.name}`, problems)
    const clients = injected.own(site.holder, (): InjectedClients => ({
      byOwner: new WeakMap(),
      ended: new WeakSet(),
      closesWithOwner: false,
    }))
    const inject = (owner: object) => {
      const client = make(owner)
      const known = clients.byOwner.get(owner)
      if (known === undefined) clients.byOwner.set(owner, new Set([client]))
      else known.add(client)
      if (clients.ended.has(owner)) void client.close()
      return client
    }
    return (isStandard(args) ? standardField(args, site, clients, inject) : legacyField(args, site, clients, inject)) as never
  }
}

/** Closes all clients that were injected into an object, or into the static fields of a class, as `ServiceClient.close` does. */
export async function closeServiceClients(owner: object): Promise<void> {
  const target = typeof owner === 'function' ? owner : owner.constructor
  const lineage = injected.lineage(target)
  for (const { ended } of lineage) ended.add(owner)
  const clients = lineage.flatMap(({ byOwner }) => [...(byOwner.get(owner) ?? [])])
  await Promise.all(clients.map((client) => client.close()))
}

type Inject = (owner: object) => ServiceClient
type StandardContext = ClassFieldDecoratorContext<object, ServiceClient> | ClassAccessorDecoratorContext<object, ServiceClient>

function isStandard(args: readonly unknown[]): args is readonly [unknown, StandardContext] {
  return typeof args[1] === 'object'
}

function standardField([, context]: readonly [unknown, StandardContext], site: DecoratorSite, clients: InjectedClients, inject: Inject) {
  if (!site.static) {
    // The class of the standard's decorators is not known before there is an object of it.
    context.addInitializer(function () {
      const declaring = declaringClass(site.holder, this.constructor)
      if (declaring !== undefined) closeWithOwner(declaring.prototype as object, clients)
    })
  }
  const init = function (this: object) {
    return inject(this)
  }
  return context.kind === 'accessor' ? { init } : init
}

/** An accessor on the prototype, or on the class, in the place of the field; what is assigned goes before. */
function legacyField(
  args: readonly unknown[],
  site: DecoratorSite,
  clients: InjectedClients,
  inject: Inject,
): PropertyDescriptor | undefined {
  const values = new WeakMap<object, unknown>()
  const home = args[0] as object
  // Subclasses read the static fields of their parents.
  const ownerOf = (self: object) => (site.static ? home : self)
  const descriptor: PropertyDescriptor = {
    configurable: true,
    get(this: object) {
      const owner = ownerOf(this)
      if (!values.has(owner)) values.set(owner, inject(owner))
      return values.get(owner)
    },
    set(this: object, value: unknown) {
      values.set(ownerOf(this), value)
    },
  }
  if (!site.static) closeWithOwner(home, clients)
  if (args[2] !== undefined) return descriptor
  Object.defineProperty(home, site.key, descriptor)
  return undefined
}

function closeWithOwner(prototype: object, clients: InjectedClients): void {
  if (clients.closesWithOwner) return
  clients.closesWithOwner = true
  afterEnd(prototype, closeServiceClients)
}

/** The class that `holder` is the metadata of: that of the object, or one that it extends. */
function declaringClass(holder: object, owner: unknown): AnyClass | undefined {
  for (let current = owner; typeof current === 'function'; current = Object.getPrototypeOf(current)) {
    if (Object.getOwnPropertyDescriptor(current, Symbol.metadata)?.value === holder) return current
  }
  return undefined
}

function misplaced(site: DecoratorSite, args: readonly unknown[]) {
  if (site.kind === 'field' || isAccessor(args)) return []
  const message = `decorates a field or an accessor, not ${site.kind === 'other' ? 'a getter, setter or parameter' : `a ${site.kind}`}`
  return [{ path: '', message }]
}

/** The `accessor` of a class. The older standard tells it from a getter with a setter only by how its two functions are called. */
function isAccessor(args: readonly unknown[]): boolean {
  if (isStandard(args)) return args[1].kind === 'accessor'
  const descriptor = args[2]
  return (
    typeof descriptor === 'object' &&
    descriptor !== null &&
    'get' in descriptor &&
    'set' in descriptor &&
    descriptor.get !== undefined &&
    descriptor.set !== undefined
  )
}
