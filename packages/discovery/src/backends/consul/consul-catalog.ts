import type { Clock } from '@hazeljs/core'
import { noIndex } from './blocking-query.js'
import type { Answer, CallLimits, ConsulCalls } from './consul-calls.js'
import { type ConsulClient, type HealthCheck, type HealthEntry, quoted } from './consul-client.js'
import { leaseName } from './service-checks.js'

/** A change reaches the catalog from the agent in some milliseconds; one that takes longer is not waited for. */
export const settleMs = 2_000
/** Consul adds up to a sixteenth to the wait, so that those who began together do not end together. */
const longestWait = 17 / 16
/** What Consul registers of itself. */
const ownService = 'consul'

export interface Entries extends Pick<Answer, 'index' | 'isFiltered'> {
  readonly entries: readonly HealthEntry[]
}

/** What is asked of the catalog, which knows the services of all agents. */
export class ConsulCatalog {
  readonly #client: ConsulClient
  readonly #calls: ConsulCalls
  readonly #latenessMs: number
  readonly #clock: Clock

  /** @param latenessMs how much later the answer to a wait may come */
  constructor(client: ConsulClient, calls: ConsulCalls, latenessMs: number, clock: Clock) {
    this.#client = client
    this.#calls = calls
    this.#latenessMs = latenessMs
    this.#clock = clock
  }

  /** The entries of the service, or of one id of it. */
  entries(service: string, id?: string): Promise<Entries> {
    return this.#ask(service, id === undefined ? {} : { filter: `Service.ID == ${quoted(id)}` })
  }

  /** The same, as soon as it is newer than the index, and after `waitMs` at the latest. */
  newerEntries(service: string, index: string, waitMs: number, signal?: AbortSignal): Promise<Entries> {
    return this.#wait(service, { index, wait: `${waitMs}ms` }, waitMs, signal)
  }

  /** The entries of an id, of whatever service. */
  async find(id: string): Promise<readonly HealthEntry[]> {
    const request = { doing: `find ${id}`, needs: 'service:read and node:read' }
    const filter = `ServiceID == ${quoted(id)}`
    const { body } = await this.#calls.ask(request, (ctx) => this.#client.health.state({ state: 'any', filter, ctx }))
    const services = new Set((listOf(body) as readonly HealthCheck[]).map(({ ServiceName }) => ServiceName))
    const found = await Promise.all([...services].map((service) => this.entries(service, id)))
    return found.flatMap(({ entries }) => entries)
  }

  /** The names of all services, Consul's own left out. */
  async names(): Promise<readonly string[]> {
    const request = { doing: 'list the services', needs: 'service:read' }
    const { body } = await this.#calls.ask(request, (ctx) => this.#client.catalog.service.list({ ctx }))
    return Object.keys(body as object).filter((name) => name !== ownService)
  }

  /** The names of services some of whose leases ran out. */
  async namesWithExpired(): Promise<ReadonlySet<string>> {
    const request = { doing: 'list the leases that ran out', needs: 'service:read and node:read' }
    const filter = `Name == ${quoted(leaseName)}`
    const { body } = await this.#calls.ask(request, (ctx) => this.#client.health.state({ state: 'critical', filter, ctx }))
    return new Set((listOf(body) as readonly HealthCheck[]).map(({ ServiceName }) => ServiceName))
  }

  /** Waits until the catalog shows of an id what the agent was told. What it cannot see, or not in time, it does not wait for. */
  async settle(service: string, id: string, holds: (entries: readonly HealthEntry[]) => boolean): Promise<void> {
    const filter = `Service.ID == ${quoted(id)}`
    const endMs = this.#clock.now() + settleMs
    try {
      for (let index = noIndex, leftMs = settleMs; leftMs > 0; leftMs = Math.floor(endMs - this.#clock.now())) {
        const answer = await this.#wait(service, { filter, index, wait: `${leftMs}ms` }, leftMs)
        if (answer.index === undefined || holds(answer.entries)) return
        index = answer.index
      }
    } catch {
      // The agent has taken the change; who reads the catalog next is told what is wrong with it.
    }
  }

  #wait(service: string, query: { filter?: string; index: string; wait: string }, waitMs: number, signal?: AbortSignal): Promise<Entries> {
    const timeoutMs = waitMs * longestWait + this.#latenessMs
    // The client may have been given a time limit for calls that do not wait.
    return this.#ask(service, { ...query, timeout: 0 }, { timeoutMs, ...(signal !== undefined && { signal }) })
  }

  async #ask(service: string, query: { filter?: string; index?: string; wait?: string; timeout?: number }, limits?: CallLimits) {
    const request = { doing: `list ${service}`, needs: `service:read on "${service}" and node:read` }
    const { body, ...told } = await this.#calls.ask(request, (ctx) => this.#client.health.service({ service, ...query, ctx }), limits)
    return { ...told, entries: listOf(body) as readonly HealthEntry[] }
  }
}

function listOf(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw new Error('Consul answered no list; check that the host and port of the client are those of an agent')
  return body
}
