import { type Clock, type Logger, type Random, type ServiceInstance, ServiceStatus, toError } from '@hazeljs/core'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { type Health, HealthMonitor } from '../health/active/health-monitor.js'
import { makeCheck } from './check.js'
import type { ResolvedRegistration } from './config.js'
import type { StatusChange } from './events.js'
import { HeartbeatTimer } from './heartbeat-timer.js'
import { describeInstance, instanceId, isHeldOut } from './instance.js'
import { TimelyRegistry } from './timely-registry.js'

export interface SessionDependencies {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onStatus: (change: StatusChange) => void
}

/** The first pause before a registration that failed is tried again; each further one is twice as long, up to the longest. */
export const firstRetryMs = 1_000
export const maxRetryMs = 30_000

/**
 * One registration from its begin to its end. The instance's health and the registry's reachability are different things: checks go on while
 * the registry is away, and the verdict is handed in when it is back.
 */
export class RegistrationSession {
  readonly #registration: ResolvedRegistration
  readonly #registry: TimelyRegistry
  readonly #dependencies: SessionDependencies
  readonly #monitor: HealthMonitor | undefined
  readonly #heartbeats: HeartbeatTimer | undefined
  readonly #end = new AbortController()
  #ending: Promise<void> | undefined
  /** What the instance's own checks say. */
  #verdict: ServiceStatus
  /** Whether an operator had the instance out of service when the registry was asked last. */
  #heldOut = false
  #draining = false
  /** As the registry was told last. */
  #instance: ServiceInstance | undefined
  #registeredAt: number | undefined
  #registryFails = false
  #beating = false
  /** Why the last check was bad. */
  #lastFailure: string | undefined
  /** Calls to the registry one after the other: none may overtake the deregistration. */
  #lastCall: Promise<unknown> = Promise.resolve()

  constructor(registration: ResolvedRegistration, backend: RegistryBackend, dependencies: SessionDependencies) {
    const { clock, random } = dependencies
    this.#registration = registration
    this.#registry = new TimelyRegistry(backend, clock)
    this.#dependencies = dependencies
    if (backend.ttlMs !== undefined) this.#heartbeats = new HeartbeatTimer(backend.ttlMs, () => this.#onHeartbeat(), clock, random)
    const { check, host, port } = registration
    this.#verdict = check === undefined ? ServiceStatus.UP : ServiceStatus.STARTING
    if (check === undefined) return
    const observer = {
      changed: (health: Health, failure: Error | undefined) => this.#onHealth(health, failure),
      checked: (failure: Error | undefined) => this.#onCheck(failure),
    }
    this.#monitor = new HealthMonitor(makeCheck(check, host, port), registration, observer, clock, random)
  }

  get instance(): ServiceInstance | undefined {
    return this.#instance
  }

  get ended(): boolean {
    return this.#end.signal.aborted
  }

  get #status(): ServiceStatus {
    return this.#heldOut || this.#draining ? ServiceStatus.OUT_OF_SERVICE : this.#verdict
  }

  /** Resolves after the first check, or when the session was ended before. Rejects with the registry's error, and is ended then. */
  async begin(): Promise<void> {
    await this.#registerFirst()
    if (this.ended) return
    this.#heartbeats?.start()
    await this.#monitor?.start()
    await this.#lastCall
  }

  /** Out of service from now on. A registry that cannot be told now is told with a later heartbeat. */
  async withdraw(): Promise<void> {
    this.#change('the instance is shutting down', () => (this.#draining = true))
    await this.#attempt(() => this.#sync())
  }

  /** Deregisters once, however often it is called. Rejects with the registry's error, and tries again when it is called again then. */
  end(): Promise<void> {
    this.#stop()
    this.#ending ??= this.#deregister()
    return this.#ending
  }

  async #deregister(): Promise<void> {
    try {
      await this.#inTurn(() => this.#registry.deregister(instanceId(this.#registration)))
    } catch (error) {
      this.#ending = undefined
      throw error
    }
    this.#instance = undefined
  }

  async #registerFirst(): Promise<void> {
    for (let pauseMs = firstRetryMs; !this.ended; pauseMs = Math.min(2 * pauseMs, maxRetryMs)) {
      try {
        await this.#inTurn(() => this.#register())
        return
      } catch (error) {
        if (!this.#registration.retry) {
          this.#stop()
          throw error
        }
        this.#onRegistryFailure(error)
        await this.#pause(pauseMs)
      }
    }
  }

  /** Up to half shorter, so that those who wait for the same registry do not come back to it at once. Ends with the session. */
  async #pause(ms: number): Promise<void> {
    const { clock, random } = this.#dependencies
    if (!this.ended) await clock.sleep(ms * (1 - random.next() / 2), this.#end.signal).catch(() => undefined)
  }

  #stop(): void {
    this.#end.abort()
    this.#monitor?.stop()
    this.#heartbeats?.stop()
  }

  /** Registers anew. What an operator took out of service stays out. */
  async #register(): Promise<void> {
    const known = await this.#registry.getInstance(instanceId(this.#registration))
    if (this.ended) return
    if (known !== null) this.#onKnown(known)
    const now = this.#dependencies.clock.wallTime()
    this.#registeredAt ??= now
    const state = { status: this.#status, draining: this.#draining && !this.#heldOut, registeredAt: this.#registeredAt, lastHeartbeat: now }
    const instance = describeInstance(this.#registration, state)
    await this.#registry.register(instance)
    this.#instance = instance
  }

  #onHeartbeat(): void {
    if (this.#beating) return
    this.#beating = true
    void this.#attempt(() => this.#beat()).finally(() => {
      this.#beating = false
    })
  }

  async #beat(): Promise<void> {
    if (this.#instance === undefined || !(await this.#registry.heartbeat(this.#instance.id))) {
      if (!this.ended) await this.#register()
      return
    }
    this.#instance = { ...this.#instance, lastHeartbeat: this.#dependencies.clock.wallTime() }
    if (!this.ended) await this.#sync()
  }

  /** Learns from the registry what an operator did, and tells it what it does not know. */
  async #sync(): Promise<void> {
    const instance = this.#instance
    if (instance === undefined) return
    const known = await this.#registry.getInstance(instance.id)
    if (this.ended) return
    if (known !== null) this.#onKnown(known)
    const status = this.#status
    // The mark of a shutdown goes with the whole instance.
    if (known === null || (this.#draining && known.status !== status)) {
      await this.#register()
      return
    }
    if (known.status !== status) await this.#registry.updateStatus(instance.id, status)
    this.#instance = { ...instance, status }
  }

  #onKnown(known: ServiceInstance): void {
    const heldOut = isHeldOut(known)
    const reason = heldOut ? 'an operator took the instance out of service' : 'an operator put the instance back in service'
    this.#change(reason, () => (this.#heldOut = heldOut))
  }

  #onCheck(failure: Error | undefined): void {
    const reason = failure?.message
    if (reason !== undefined && reason !== this.#lastFailure) this.#log('warn', { reason }, 'A health check of the instance failed')
    this.#lastFailure = reason
  }

  #onHealth(health: Health, failure: Error | undefined): void {
    const verdict = health === 'well' ? ServiceStatus.UP : ServiceStatus.DOWN
    this.#change(failure?.message ?? 'its health checks are good', () => (this.#verdict = verdict))
    void this.#attempt(() => this.#sync())
  }

  #change(reason: string, change: () => void): void {
    const from = this.#status
    change()
    const to = this.#status
    if (from === to) return
    this.#log('info', { from, status: to, reason }, 'The status of the instance changed')
    this.#dependencies.onStatus({ from, to, reason })
  }

  /** In turn, with failures logged once instead of thrown: what was not done is done after the next heartbeat. */
  async #attempt(call: () => Promise<void>): Promise<void> {
    try {
      await this.#inTurn(async () => {
        if (!this.ended) await call()
      })
      this.#registryFails = false
    } catch (error) {
      this.#onRegistryFailure(error)
    }
  }

  #onRegistryFailure(error: unknown): void {
    if (this.#registryFails) return
    this.#registryFails = true
    this.#log('warn', { error: toError(error).message }, 'The registry cannot be told about the instance; trying on')
  }

  #log(level: 'info' | 'warn', fields: object, message: string): void {
    const { name: service, host, port } = this.#registration
    this.#dependencies.logger[level]({ service, host, port, ...fields }, message)
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const turn = this.#lastCall.then(call)
    this.#lastCall = turn.catch(() => undefined)
    return turn
  }
}
