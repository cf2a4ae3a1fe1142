/** What every call of the client takes: `ctx` ends the call when it emits `cancel`, and has the response handed out with the body. */
interface CallOptions {
  readonly ctx?: object
}

interface FilterOptions extends CallOptions {
  readonly filter?: string
}

interface IdOptions extends CallOptions {
  readonly id: string
}

interface MaintenanceOptions extends CallOptions {
  readonly id: string
  readonly enable: boolean
  readonly reason?: string
}

/** A check as the client takes it: its names are Consul's in lower case. */
export interface CheckDefinition {
  readonly name: string
  readonly checkid?: string
  readonly ttl?: string
  readonly status?: string
  readonly notes?: string
  readonly deregistercriticalserviceafter?: string
}

interface CheckRegistration extends CheckDefinition, CallOptions {
  readonly id?: string
  readonly serviceid?: string
}

/** A service as the client takes it. */
export interface ServiceDefinition {
  readonly name: string
  readonly id?: string
  readonly address?: string
  readonly port?: number
  readonly tags?: readonly string[]
  readonly meta?: Readonly<Record<string, string>>
  readonly checks?: readonly CheckDefinition[]
}

interface HealthOptions extends FilterOptions {
  readonly service: string
  readonly index?: string
  readonly wait?: string
  readonly timeout?: number
}

interface StateOptions extends FilterOptions {
  readonly state: 'any' | 'passing' | 'warning' | 'critical'
}

/**
 * The part of a client of the package `consul` (2 or later) that is used. Token, datacenter and consistency of the reads are the client's:
 * `new Consul({ host, port, secure, defaults: { token, dc, stale } })`.
 */
export interface ConsulClient {
  readonly agent: {
    readonly service: {
      list(options: FilterOptions): Promise<unknown>
      register(options: ServiceDefinition & CallOptions): Promise<unknown>
      deregister(options: IdOptions): Promise<unknown>
      maintenance(options: MaintenanceOptions): Promise<unknown>
    }
    readonly check: {
      register(options: CheckRegistration): Promise<unknown>
      pass(options: IdOptions): Promise<unknown>
      fail(options: IdOptions): Promise<unknown>
    }
  }
  readonly health: {
    service(options: HealthOptions): Promise<unknown>
    state(options: StateOptions): Promise<unknown>
  }
  readonly catalog: {
    readonly service: {
      list(options: FilterOptions): Promise<unknown>
    }
  }
}

/** One instance as `/v1/health/service` tells it. */
export interface HealthEntry {
  readonly Node: { readonly Node: string; readonly Address: string }
  readonly Service: {
    readonly ID: string
    readonly Service: string
    readonly Address: string
    readonly Port: number
    readonly Tags: readonly string[] | null
    readonly Meta: Readonly<Record<string, string>> | null
    readonly Weights?: { readonly Passing: number; readonly Warning: number }
  }
  readonly Checks: readonly HealthCheck[]
}

export interface HealthCheck {
  readonly CheckID: string
  readonly Status: string
  readonly Notes: string
  readonly ServiceID: string
  readonly ServiceName: string
}

/** A text in an expression of a `filter`. */
export function quoted(text: string): string {
  const escaped = [...text].map((char) => (/["\\\p{Cc}]/u.test(char) ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char))
  return `"${escaped.join('')}"`
}
