import { type Clock, type Logger, type Random, type ServiceInstance, ServiceStatus, type TimerHandle, toError } from '@hazeljs/core'
import type { RegistryBackend } from '../backends/registry-backend.js'
import { type Health, HealthMonitor } from '../health/active/health-monitor.js'
import { httpCheck } from '../health/active/http-check.js'
import type { ResolvedRegistration } from './config.js'

interface SessionDependencies {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Two heartbeats may be lost before a lease runs out. */
export const heartbeatsPerTtl = 3

/**
 * One registration from its begin to its end. The instance's health and the registry's reachability are different things: checks go on while
 * the registry is away, and the verdict is handed in when it is back.
 */
export class RegistrationSession {
  readonly #registration: ResolvedRegistration
  readonly #backend: RegistryBackend
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #monitor: HealthMonitor | undefined
  #instance: ServiceInstance | undefined
  /** What the instance's own checks say; what the registry holds may differ. */
  #status: ServiceStatus
  /** Whether the registry may not know `#status` yet. */
  #unpublished = false
  #registryFails = false
  #beating = false
  #heartbeatTimer: TimerHandle | undefined
  /** Calls to the registry one after the other: none may overtake the deregistration. */
  #lastCall: Promise<unknown> = Promise.resolve()
  #ended = false

  constructor(registration: ResolvedRegistration, backend: RegistryBackend, { clock, random, logger }: SessionDependencies) {
    this.#registration = registration
    this.#backend = backend
    this.#clock = clock
    this.#logger = logger
    const { protocol, host, port, healthCheckPath: path } = registration
    this.#status = path === undefined ? ServiceStatus.UP : ServiceStatus.STARTING
    if (path === undefined || protocol === 'grpc') return
    const check = httpCheck({ protocol, host, port, path })
    this.#monitor = new HealthMonitor(check, registration, (health) => this.#onHealth(health), clock, random)
  }

  get instance(): ServiceInstance | undefined {
    return this.#instance
  }

  /** Rejects with the registry's error. */
  begin(): Promise<void> {
    return this.#ended ? Promise.resolve() : this.#begin()
  }

  async #begin(): Promise<void> {
    try {
      await this.#inTurn(() => this.#register())
    } catch (error) {
      this.#stop()
      throw error
    }
    if (this.#ended) return
    this.#nextHeartbeat()
    await this.#monitor?.start()
    await this.#lastCall
  }

  /** Rejects with the registry's error. */
  async end(): Promise<void> {
    this.#stop()
    const { name, host, port } = this.#registration
    await this.#inTurn(() => this.#backend.deregister(instanceId(name, host, port)))
    this.#instance = undefined
  }

  #stop(): void {
    this.#ended = true
    this.#monitor?.stop()
    this.#clock.clearTimer(this.#heartbeatTimer)
  }

  /** Registers anew. What an operator took out of service stays out. */
  async #register(): Promise<void> {
    const { name, host, port, protocol, healthCheckPath, intervalMs, metadata, zone, tags } = this.#registration
    const id = instanceId(name, host, port)
    const known = await this.#backend.getInstance(id)
    const now = this.#clock.wallTime()
    const instance: ServiceInstance = {
      id,
      name,
      host,
      port,
      protocol,
      metadata,
      ...(healthCheckPath !== undefined && { healthCheckPath, healthCheckInterval: intervalMs }),
      ...(zone !== undefined && { zone }),
      tags,
      status: (known ?? this.#instance)?.status === ServiceStatus.OUT_OF_SERVICE ? ServiceStatus.OUT_OF_SERVICE : this.#status,
      lastHeartbeat: now,
      registeredAt: known?.registeredAt ?? now,
    }
    this.#unpublished = false
    await this.#backend.register(instance)
    this.#instance = instance
  }

  #nextHeartbeat(): void {
    const { ttlMs } = this.#backend
    if (ttlMs === undefined) return
    const onDue = () => {
      this.#nextHeartbeat()
      if (this.#beating) return
      this.#beating = true
      void this.#attempt(() => this.#beat()).finally(() => {
        this.#beating = false
      })
    }
    this.#heartbeatTimer = this.#clock.setTimer(onDue, ttlMs / heartbeatsPerTtl, { background: true })
  }

  async #beat(): Promise<void> {
    const id = this.#instance?.id
    if (id === undefined || !(await this.#backend.heartbeat(id))) {
      if (!this.#ended) await this.#register()
      return
    }
    if (this.#instance !== undefined) this.#instance = { ...this.#instance, lastHeartbeat: this.#clock.wallTime() }
    if (this.#unpublished && !this.#ended) await this.#publish()
  }

  #onHealth(health: Health): void {
    this.#status = health === 'well' ? ServiceStatus.UP : ServiceStatus.DOWN
    this.#unpublished = true
    const { name, host, port } = this.#registration
    this.#logger.info({ service: name, host, port, status: this.#status }, 'The health of the instance changed')
    void this.#attempt(() => this.#publish())
  }

  /** Tells the registry the verdict of the checks, unless an operator has the instance out of service. */
  async #publish(): Promise<void> {
    const instance = this.#instance
    if (instance === undefined || !this.#unpublished) return
    const known = await this.#backend.getInstance(instance.id)
    if (this.#ended) return
    if (known === null) {
      await this.#register()
      return
    }
    const status = this.#status
    const heldOut = known.status === ServiceStatus.OUT_OF_SERVICE
    if (!heldOut && known.status !== status) await this.#backend.updateStatus(instance.id, status)
    this.#unpublished = heldOut || status !== this.#status
    this.#instance = { ...instance, status: heldOut ? known.status : status }
  }

  /** In turn, with failures logged once instead of thrown: what was not done is done after the next heartbeat. */
  async #attempt(call: () => Promise<void>): Promise<void> {
    try {
      await this.#inTurn(async () => {
        if (!this.#ended) await call()
      })
      this.#registryFails = false
    } catch (error) {
      if (this.#registryFails) return
      this.#registryFails = true
      const { name: service, host, port } = this.#registration
      this.#logger.warn({ service, host, port, error: toError(error).message }, 'The registry cannot be told about the instance; trying on')
    }
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const turn = this.#lastCall.then(call)
    this.#lastCall = turn.catch(() => undefined)
    return turn
  }
}

function instanceId(name: string, host: string, port: number): string {
  return `${name}:${host}:${port}`
}
