import {
  type Clock,
  type Duration,
  guardLogger,
  type Logger,
  type Random,
  resolveOptions,
  silentLogger,
  systemClock,
  systemRandom,
  toError,
} from '@hazeljs/core'
import type { CircuitBreaker, Hedge, RetryBudget } from '@hazeljs/resilience'
import { DiscoveryError } from '../errors.js'
import { type AnswerReader, BufferedReader, StreamedReader, type AnswerHead } from './answer-reader.js'
import { callPolicies, type CallPolicies } from './call-policies.js'
import { type ResolvedServiceClientOptions, resolveServiceClientOptions, type ServiceClientOptions } from './options.js'
import { type PreparedRequest, prepareRequest, type RequestOptions, type RequestWithBody } from './request.js'
import { dataOf } from './response-data.js'
import { ServiceCall } from './service-call.js'
import { ServiceError } from './service-error.js'
import type { ServiceResponse, StreamedResponse } from './service-response.js'
import { type ServiceDiscovery, ServiceTarget } from './service-target.js'

export interface ServiceClientDependencies {
  readonly clock?: Clock
  readonly random?: Random
  /** Told, at debug, of each attempt that fails: service, instance, method, path and error, never a query, headers or a body. */
  readonly logger?: Logger
}

/** How long {@link ServiceClient.close} waits for calls under way. */
export const defaultDrainTimeoutMs = 10_000

/**
 * Calls a service over HTTP, whichever of its instances answers: each call picks an instance, and retries go to another one.
 *
 * It resolves with the answer whatever its status, unless `throwOnError` says otherwise. It rejects with a `ServiceError` where there is no
 * answer, a `DiscoveryError` where there is no instance, the errors of the policies of `@hazeljs/resilience` (`TIMEOUT`, `RETRY_EXHAUSTED`
 * with the last `ServiceError` as its `cause`, `CIRCUIT_OPEN`), and a `ConfigError` where the request cannot be sent. Redirects are
 * answers; none is followed.
 */
export class ServiceClient {
  readonly #options: ResolvedServiceClientOptions
  readonly #discovery: ServiceDiscovery | (() => ServiceDiscovery)
  readonly #policies: CallPolicies
  readonly #clock: Clock
  readonly #logger: Logger
  #target: ServiceTarget | undefined
  #closed = false

  /**
   * `discovery` may be a function, which is asked at the first call. The client does not close it.
   *
   * @throws {ConfigError} for options that are wrong. {@link DiscoveryError} `UNKNOWN_STRATEGY`; with a function, at the first call.
   */
  constructor(
    discovery: ServiceDiscovery | (() => ServiceDiscovery),
    options: ServiceClientOptions,
    dependencies: ServiceClientDependencies = {},
  ) {
    this.#options = resolveServiceClientOptions(options)
    this.#clock = dependencies.clock ?? systemClock
    this.#logger = guardLogger(dependencies.logger ?? silentLogger)
    this.#policies = callPolicies(this.#options, this.#clock, dependencies.random ?? systemRandom)
    this.#discovery = discovery
    if (typeof discovery !== 'function') this.#target = new ServiceTarget(discovery, this.#options)
  }

  get serviceName(): string {
    return this.#options.serviceName
  }

  /** What limits retries and hedges. */
  get budget(): RetryBudget {
    return this.#policies.budget
  }

  get circuitBreaker(): CircuitBreaker | undefined {
    return this.#policies.circuitBreaker
  }

  get hedge(): Hedge | undefined {
    return this.#policies.hedge
  }

  /** Addresses of instances that connections were made to and that have not left. */
  get openPools(): number {
    return this.#target?.openPools ?? 0
  }

  get<T = unknown>(path: string, options?: RequestOptions): Promise<ServiceResponse<T>> {
    return this.request('GET', path, options)
  }

  head(path: string, options?: RequestOptions): Promise<ServiceResponse<undefined>> {
    return this.request('HEAD', path, options)
  }

  post<T = unknown>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
    return this.request('POST', path, { ...options, body })
  }

  put<T = unknown>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
    return this.request('PUT', path, { ...options, body })
  }

  patch<T = unknown>(path: string, body?: unknown, options?: RequestOptions): Promise<ServiceResponse<T>> {
    return this.request('PATCH', path, { ...options, body })
  }

  delete<T = unknown>(path: string, options?: RequestWithBody): Promise<ServiceResponse<T>> {
    return this.request('DELETE', path, options)
  }

  /** Any method but CONNECT and TRACE. The path may have a query; it cannot name a host. */
  async request<T = unknown>(method: string, path: string, options: RequestWithBody = {}): Promise<ServiceResponse<T>> {
    const request = prepareRequest(method, path, options, this.#options.headers)
    const { status, headers, bytes } = await this.#call(request, () => new BufferedReader(this.#options.maxResponseBytes))
    const response = { status, headers, data: this.#parse(status, headers, bytes) as T }
    if (status >= 400 && (request.throwOnError ?? this.#options.throwOnError)) {
      const message = `${method.toUpperCase()} ${request.path} of '${this.serviceName}' was answered with ${status}`
      throw new ServiceError('SERVICE_STATUS', message, { service: this.serviceName, callRan: true, status, response })
    }
    return response
  }

  /** Resolves when the head of the answer is there, whatever its status. The call counts as under way until the body has ended or is destroyed. */
  async stream(method: string, path: string, options: Omit<RequestWithBody, 'throwOnError'> = {}): Promise<StreamedResponse> {
    const request = prepareRequest(method, path, options, this.#options.headers)
    return this.#call(request, () => new StreamedReader())
  }

  /**
   * Lets calls under way finish, for `drainTimeout` at most, 10 s by default, and closes all connections. New calls and retries are refused at
   * once. The discovery client stays open.
   *
   * @throws {ConfigError} for a `drainTimeout` that is none; nothing is closed then.
   */
  async close(options: { readonly drainTimeout?: Duration } = {}): Promise<void> {
    const drainMs = resolveOptions('close', (reader) => reader.duration('drainTimeout', defaultDrainTimeoutMs), options)
    this.#closed = true
    await this.#target?.close(drainMs, this.#clock)
  }

  async #call<Answer extends AnswerHead>(request: PreparedRequest, reader: () => AnswerReader<Answer>): Promise<Answer> {
    if (this.#closed) throw new DiscoveryError('CLIENT_CLOSED', `The client of '${this.serviceName}' is closed`)
    this.#target ??= new ServiceTarget(this.#discoveryNow(), this.#options)
    const { maxResponseBytes } = this.#options
    const terms = { target: this.#target, policies: this.#policies, maxResponseBytes, clock: this.#clock, logger: this.#logger }
    return new ServiceCall(terms, request, reader).run()
  }

  #discoveryNow(): ServiceDiscovery {
    return typeof this.#discovery === 'function' ? this.#discovery() : this.#discovery
  }

  #parse(status: number, headers: ServiceResponse['headers'], bytes: Buffer): unknown {
    try {
      return dataOf(headers, bytes)
    } catch (cause) {
      const message = `'${this.serviceName}' answered with ${status} and a body that is not the JSON it says it is: ${toError(cause).message}`
      throw new ServiceError('SERVICE_RESPONSE_INVALID', message, { service: this.serviceName, callRan: true, status, cause })
    }
  }
}
