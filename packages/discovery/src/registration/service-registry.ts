import {
  type Clock,
  type Duration,
  Emitter,
  endOn,
  guardLogger,
  type Logger,
  type Random,
  resolveOptions,
  type ServiceInstance,
  silentLogger,
  systemClock,
  systemRandom,
  toError,
} from '@hazeljs/core'
import type { OpenedBackend } from '../backends/by-name/open-backend.js'
import { checkBackend } from '../backends/by-name/read-backend.js'
import { MemoryRegistryBackend } from '../backends/memory/memory-registry-backend.js'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { DiscoveryError } from '../errors.js'
import { defaultShutdownSignals, type ResolvedRegistration, resolveRegistration, type ServiceRegistryConfig } from './config.js'
import type { RegistrationEvents } from './events.js'
import { RegistrationSession } from './session.js'

export interface ServiceRegistryDependencies {
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
}

export interface ShutdownOptions {
  /** How long the instance is OUT_OF_SERVICE before it is deregistered. Default: the `drain` of the config. */
  readonly drain?: Duration
}

/** Registers one instance of a service, keeps its registration alive, and tells the registry how it is. */
export class ServiceRegistry {
  readonly #registration: ResolvedRegistration
  readonly #open: () => OpenedBackend
  readonly #dependencies: Required<ServiceRegistryDependencies>
  readonly #events = new Emitter<RegistrationEvents>()
  #session: RegistrationSession | undefined
  /** That of the session. One that is made by its name is opened with the registration, and closed after it. */
  #opened: OpenedBackend | undefined
  #registering: Promise<void> | undefined
  #shutdown: Promise<void> | undefined
  /** Aborted when a drain is to end. */
  #drain: AbortController | undefined
  /** The last deregistration, settled either way: what registers after it must not be taken out by it. */
  #lastEnd: Promise<unknown> = Promise.resolve()
  #forgetSignals: readonly (() => void)[] = []

  /**
   * `backend` wins over the one in the config.
   *
   * @throws {ConfigError} for options that are wrong.
   */
  constructor(config: ServiceRegistryConfig, backend?: RegistryBackend, dependencies: ServiceRegistryDependencies = {}) {
    this.#registration = resolveRegistration(config)
    checkBackend('ServiceRegistry', backend)
    const { openBackend } = this.#registration
    this.#open = () => (backend === undefined ? openBackend(dependencies) : { backend, owned: false })
    this.#dependencies = {
      clock: dependencies.clock ?? systemClock,
      random: dependencies.random ?? systemRandom,
      logger: guardLogger(dependencies.logger ?? silentLogger),
    }
  }

  /**
   * Resolves when the instance is registered and checked once: UP when the check was good, else STARTING. Calling it again changes nothing.
   * With `retryRegistration` it takes as long as the registry is away; it resolves also when the instance is deregistered meanwhile.
   *
   * @throws {DiscoveryError} `REGISTRATION_FAILED` when the registry did not take it, or did not answer within 5 s; nothing goes on in the
   * background then. Not with `retryRegistration`.
   */
  register(): Promise<void> {
    this.#registering ??= this.#begin()
    return this.#registering
  }

  /**
   * Ends checks and heartbeats at once and takes the instance out. Nothing happens when it is not registered.
   *
   * @throws {DiscoveryError} `REGISTRATION_FAILED` when the registry did not take it out, or did not answer within 5 s; calling it again tries
   * again, and without that the registration ends with its lease.
   */
  async deregister(): Promise<void> {
    const session = this.#session
    const opened = this.#opened
    if (session === undefined) return
    this.#registering = undefined
    const end = session.end()
    this.#lastEnd = end.catch(() => undefined)
    this.#drain?.abort()
    try {
      await end
    } catch (error) {
      throw this.#failure('deregistered', error)
    }
    await this.#close(opened)
    if (this.#session !== session) return
    this.#session = undefined
    this.#ignoreSignals()
  }

  /**
   * Ends gracefully: OUT_OF_SERVICE, so that clients stop calling, then the time for calls that run, then {@link deregister}. Calling it again
   * waits for the same end.
   *
   * @throws {DiscoveryError} as {@link deregister}.
   * @throws {ConfigError} for a `drain` that is none.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    const drainMs = resolveOptions('shutdown', (reader) => reader.duration('drain', this.#registration.drainMs), options)
    this.#shutdown ??= this.#end(drainMs).finally(() => {
      this.#shutdown = undefined
    })
    return this.#shutdown
  }

  /** The instance as it was last registered, `null` while it is not. */
  getInstance(): ServiceInstance | null {
    return this.#session?.instance ?? null
  }

  on<K extends keyof RegistrationEvents>(event: K, listener: (payload: RegistrationEvents[K]) => unknown): this {
    this.#events.on(event, listener)
    return this
  }

  off<K extends keyof RegistrationEvents>(event: K, listener: (payload: RegistrationEvents[K]) => unknown): this {
    this.#events.off(event, listener)
    return this
  }

  async #begin(): Promise<void> {
    const onStatus = (change: RegistrationEvents['status']) => this.#events.emit('status', change)
    const before = this.#opened
    const opened = this.#open()
    const session = new RegistrationSession(this.#registration, opened.backend, { ...this.#dependencies, onStatus })
    this.#session = session
    this.#opened = opened
    this.#heedSignals(opened.backend)
    try {
      await this.#lastEnd
      await this.#close(before)
      await session.begin()
    } catch (error) {
      if (this.#session === session) {
        this.#session = undefined
        this.#registering = undefined
        this.#ignoreSignals()
      }
      await this.#close(opened)
      throw this.#failure('registered', error)
    }
  }

  async #end(drainMs: number): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    if (session.instance !== undefined && !session.ended) {
      const drain = new AbortController()
      this.#drain = drain
      await session.withdraw()
      await this.#dependencies.clock.sleep(drainMs, drain.signal).catch(() => undefined)
    }
    if (this.#session === session) await this.deregister()
  }

  async #close(opened: OpenedBackend | undefined): Promise<void> {
    if (opened?.owned !== true) return
    try {
      await opened.backend.close?.()
    } catch (error) {
      this.#dependencies.logger.warn({ error: toError(error).message }, 'The registry backend could not be closed')
    }
  }

  #heedSignals(backend: RegistryBackend): void {
    this.#ignoreSignals()
    const signals = this.#registration.signals ?? (backend instanceof MemoryRegistryBackend ? [] : defaultShutdownSignals)
    const endable = {
      shutdown: () =>
        this.shutdown().catch((error: unknown) => this.#dependencies.logger.warn({ error: toError(error).message }, 'The shutdown failed')),
      hurry: () => this.#drain?.abort(),
    }
    this.#forgetSignals = signals.map((signal) => endOn(signal, endable))
  }

  #ignoreSignals(): void {
    for (const forget of this.#forgetSignals) forget()
    this.#forgetSignals = []
  }

  #failure(what: string, cause: unknown): DiscoveryError {
    const { name, host, port } = this.#registration
    return new DiscoveryError('REGISTRATION_FAILED', `${name} at ${host}:${port} could not be ${what}: ${toError(cause).message}`, {
      cause,
    })
  }
}
