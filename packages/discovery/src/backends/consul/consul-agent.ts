import { ServiceStatus } from '@hazeljs/core'
import type { ConsulCalls } from './consul-calls.js'
import { type ConsulClient, quoted, type ServiceDefinition } from './consul-client.js'
import { saysUnknown } from './consul-errors.js'
import { leaseCheckId, serves, statusCheck, statusCheckId } from './service-checks.js'

/** What is asked of the agent, which holds the registrations of its own node and tells the catalog of them. */
export class ConsulAgent {
  readonly #client: ConsulClient
  readonly #calls: ConsulCalls

  constructor(client: ConsulClient, calls: ConsulCalls) {
    this.#client = client
    this.#calls = calls
  }

  /** Registers, and sets the checks: one that Consul knew before keeps what it said. The lease is last, so that none is listed half. */
  async register(definition: ServiceDefinition, id: string, status: ServiceStatus): Promise<void> {
    const { name } = definition
    await this.#ask(`register ${id}`, name, (ctx) => this.#client.agent.service.register({ ...definition, ctx }))
    await this.setStatus(id, name, status)
    await this.#ask(`register ${id}`, name, (ctx) => this.#client.agent.check.pass({ id: leaseCheckId(id), ctx }))
  }

  /** OUT_OF_SERVICE is Consul's maintenance mode, which keeps what was said of the health; any other status ends it. */
  async setStatus(id: string, service: string, status: ServiceStatus): Promise<void> {
    const { service: services, check: checks } = this.#client.agent
    const isOut = status === ServiceStatus.OUT_OF_SERVICE
    const set = (call: (ctx: object) => Promise<unknown>) => this.#ask(`set the status of ${id}`, service, call)
    if (!isOut) {
      const check = statusCheckId(id)
      // The first sets the notes: a check that Consul knows keeps its status when it is registered again.
      await set((ctx) => checks.register({ ...statusCheck(status), id: check, serviceid: id, ctx }))
      await set((ctx) => (serves(status) ? checks.pass({ id: check, ctx }) : checks.fail({ id: check, ctx })))
    }
    await set((ctx) => services.maintenance({ id, enable: isOut, ...(isOut && { reason: status }), ctx }))
  }

  async deregister(id: string, service: string): Promise<void> {
    await this.#ask(`deregister ${id}`, service, (ctx) => this.#client.agent.service.deregister({ id, ctx })).catch((error: unknown) => {
      if (!saysUnknown(error)) throw error
    })
  }

  /** `false` for an id that this agent does not have. */
  async renew(id: string): Promise<boolean> {
    try {
      await this.#ask(`renew the lease of ${id}`, undefined, (ctx) => this.#client.agent.check.pass({ id: leaseCheckId(id), ctx }))
      return true
    } catch (error) {
      if (saysUnknown(error)) return false
      throw error
    }
  }

  /** The service that this agent has the id in. */
  async serviceOf(id: string): Promise<string | undefined> {
    const request = { doing: `look for ${id}`, needs: 'service:read' }
    const { body } = await this.#calls.ask(request, (ctx) => this.#client.agent.service.list({ filter: `ID == ${quoted(id)}`, ctx }))
    const [service] = Object.values(body as Readonly<Record<string, { readonly Service: string }>>)
    return service?.Service
  }

  #ask(doing: string, service: string | undefined, call: (ctx: object) => Promise<unknown>) {
    return this.#calls.ask({ doing, needs: service === undefined ? 'service:write on its service' : `service:write on "${service}"` }, call)
  }
}
