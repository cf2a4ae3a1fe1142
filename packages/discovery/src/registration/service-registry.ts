import {
  type Clock,
  guardLogger,
  type Logger,
  type Random,
  type ServiceInstance,
  silentLogger,
  systemClock,
  systemRandom,
} from '@hazeljs/core'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { resolveBackend } from '../backends/resolve-backend.js'
import { DiscoveryError } from '../errors.js'
import { type ResolvedRegistration, resolveRegistration, type ServiceRegistryConfig } from './config.js'
import { RegistrationSession } from './session.js'

export interface ServiceRegistryDependencies {
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
}

/** Registers one instance of a service, keeps its registration alive, and tells the registry how it is. */
export class ServiceRegistry {
  readonly #registration: ResolvedRegistration
  readonly #backend: RegistryBackend
  readonly #dependencies: Required<ServiceRegistryDependencies>
  #session: RegistrationSession | undefined
  #registering: Promise<void> | undefined
  /** The last deregistration, settled either way: what registers after it must not be taken out by it. */
  #lastEnd: Promise<unknown> = Promise.resolve()

  /**
   * `backend` wins over the one in the config.
   *
   * @throws {ConfigError} for options that are wrong.
   */
  constructor(config: ServiceRegistryConfig, backend?: RegistryBackend, dependencies: ServiceRegistryDependencies = {}) {
    this.#registration = resolveRegistration(config)
    this.#backend = backend ?? resolveBackend(config.backend)
    this.#dependencies = {
      clock: dependencies.clock ?? systemClock,
      random: dependencies.random ?? systemRandom,
      logger: guardLogger(dependencies.logger ?? silentLogger),
    }
  }

  /**
   * Resolves when the instance is registered and checked once: UP when the check was good, else STARTING. Calling it again changes nothing.
   *
   * @throws {DiscoveryError} `REGISTRATION_FAILED` when the registry did not take it; nothing goes on in the background then.
   */
  register(): Promise<void> {
    this.#registering ??= this.#begin()
    return this.#registering
  }

  /**
   * Ends checks and heartbeats at once and takes the instance out. Nothing happens when it is not registered.
   *
   * @throws {DiscoveryError} `REGISTRATION_FAILED` when the registry did not take it out; calling it again tries again, and without that the
   * registration ends with its lease.
   */
  async deregister(): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    this.#registering = undefined
    const end = session.end()
    this.#lastEnd = end.catch(() => undefined)
    try {
      await end
      if (this.#session === session) this.#session = undefined
    } catch (error) {
      throw this.#failure('deregistered', error)
    }
  }

  /** The instance as it was last registered, `null` while it is not. */
  getInstance(): ServiceInstance | null {
    return this.#session?.instance ?? null
  }

  async #begin(): Promise<void> {
    const session = new RegistrationSession(this.#registration, this.#backend, this.#dependencies)
    this.#session = session
    try {
      await this.#lastEnd
      await session.begin()
    } catch (error) {
      if (this.#session === session) {
        this.#session = undefined
        this.#registering = undefined
      }
      throw this.#failure('registered', error)
    }
  }

  #failure(what: string, cause: unknown): DiscoveryError {
    const { name, host, port } = this.#registration
    return new DiscoveryError('REGISTRATION_FAILED', `${name} at ${host}:${port} could not be ${what}`, { cause })
  }
}
