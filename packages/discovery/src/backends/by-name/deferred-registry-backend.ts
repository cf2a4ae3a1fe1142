import { type ServiceFilter, type ServiceInstance, type ServiceStatus, tell, toError } from '@hazeljs/core'
import { DiscoveryError } from '../../errors.js'
import type { RegistryBackend, RegistryListener } from '../registry-backend.js'

/** A backend with what was opened for it. */
export interface LoadedBackend {
  readonly backend: RegistryBackend
  /** Ends connections that were opened for the backend, after the backend was closed. */
  readonly release: () => void
}

/**
 * A backend whose client package is loaded, and whose connection is opened, with the first call or watch. Where that fails, the call rejects
 * and the next one tries again; a watch is told a failure, and begins when a later call could load it.
 */
export class DeferredRegistryBackend implements RegistryBackend {
  readonly ttlMs: number | undefined
  readonly #load: () => Promise<LoadedBackend>
  #loading: Promise<LoadedBackend> | undefined
  #closing: Promise<void> | undefined
  /** Begins of watches for which loading failed. */
  readonly #waiting = new Set<(backend: RegistryBackend) => void>()

  constructor(ttlMs: number | undefined, load: () => Promise<LoadedBackend>) {
    this.ttlMs = ttlMs
    this.#load = load
  }

  async register(instance: ServiceInstance): Promise<void> {
    await (await this.#backend()).register(instance)
  }

  async deregister(id: string): Promise<void> {
    await (await this.#backend()).deregister(id)
  }

  async heartbeat(id: string): Promise<boolean> {
    return (await this.#backend()).heartbeat(id)
  }

  async getInstances(name: string, filter?: ServiceFilter): Promise<readonly ServiceInstance[]> {
    return (await this.#backend()).getInstances(name, filter)
  }

  async getInstance(id: string): Promise<ServiceInstance | null> {
    return (await this.#backend()).getInstance(id)
  }

  async getAllServices(): Promise<readonly string[]> {
    return (await this.#backend()).getAllServices()
  }

  async updateStatus(id: string, status: ServiceStatus): Promise<void> {
    await (await this.#backend()).updateStatus(id, status)
  }

  async cleanup(): Promise<void> {
    await (await this.#backend()).cleanup()
  }

  watch(name: string, listener: RegistryListener): () => void {
    const wasOpen = this.#closing === undefined
    let stopped = false
    let stop: (() => void) | undefined
    const isOver = () => stopped || (wasOpen && this.#closing !== undefined)
    const begin = (backend: RegistryBackend) => {
      if (!isOver()) stop = backend.watch?.(name, listener)
    }
    this.#backend().then(begin, (error: unknown) => {
      if (isOver()) return
      this.#waiting.add(begin)
      tell('A listener of a registry', () => listener({ kind: 'failure', error: toError(error) }))
    })
    return () => {
      stopped = true
      this.#waiting.delete(begin)
      stop?.()
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const loaded = await this.#loading?.catch(() => undefined)
    try {
      await loaded?.backend.close?.()
    } finally {
      loaded?.release()
    }
  }

  async #backend(): Promise<RegistryBackend> {
    if (this.#closing !== undefined) throw new DiscoveryError('CLIENT_CLOSED', 'The registry backend was closed')
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined
      throw error
    })
    const { backend } = await this.#loading
    for (const begin of this.#waiting) begin(backend)
    this.#waiting.clear()
    return backend
  }
}
