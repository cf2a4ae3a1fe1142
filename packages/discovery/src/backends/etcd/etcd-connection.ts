import { type Clock, type Random, toError } from '@hazeljs/core'
import { EndpointRequests, type EtcdRequest, type EtcdStream } from './endpoint-requests.js'
import { EtcdRefusal, toDiscoveryError } from './etcd-errors.js'
import type { ResolvedEtcdOptions } from './etcd-options.js'
import { EtcdToken } from './etcd-token.js'

/**
 * The way to a cluster: asks one endpoint, and the next one when it does not answer in time. Every request of this backend may be made twice
 * without harm, so that one whose answer was lost is asked again.
 */
export class EtcdConnection {
  readonly #options: ResolvedEtcdOptions
  readonly #requests: EndpointRequests
  readonly #token: EtcdToken | undefined
  /** The endpoint that is asked first. */
  #current: number

  constructor(options: ResolvedEtcdOptions, clock: Clock, random: Random) {
    this.#options = options
    this.#requests = new EndpointRequests(options, clock)
    this.#current = Math.floor(random.next() * options.endpoints.length)
    const { credentials } = options
    if (credentials === undefined) return
    const request = { path: 'auth/authenticate', body: { name: credentials.username, password: credentials.password } }
    this.#token = new EtcdToken(async () => {
      const answer = await this.#anywhere((endpoint) => this.#requests.ask(endpoint, request, undefined))
      return (answer as { readonly token?: string }).token
    })
  }

  /** @throws {DiscoveryError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`; where etcd itself said no, the `cause` is an EtcdRefusal. */
  call(request: EtcdRequest): Promise<unknown> {
    return this.#withToken((token) => this.#anywhere((endpoint) => this.#requests.ask(endpoint, request, token)))
  }

  /** Resolves when the stream has begun. It ends, by throwing, when `signal` aborts. Rejects as {@link call}. */
  open(request: EtcdRequest, signal: AbortSignal): Promise<EtcdStream> {
    return this.#withToken((token) => this.#anywhere((endpoint) => this.#requests.open(endpoint, request, token, signal)))
  }

  /** The token that a stream was opened with does not hold: etcd says so in the stream. */
  dropToken(): void {
    this.#token?.drop()
  }

  /** As users are told of it. */
  explain(failure: unknown): Error {
    return toDiscoveryError(failure, { username: this.#options.credentials?.username, keyPrefix: this.#options.keyPrefix })
  }

  /** Streams end at once, requests when they are answered or their time is over. */
  close(): Promise<void> {
    return this.#requests.close()
  }

  async #withToken<T>(call: (token: string | undefined) => Promise<T>): Promise<T> {
    try {
      return await (this.#token === undefined ? call(undefined) : this.#withFreshToken(this.#token, call))
    } catch (failure) {
      throw this.explain(failure)
    }
  }

  async #withFreshToken<T>(token: EtcdToken, call: (token: string | undefined) => Promise<T>): Promise<T> {
    const got = token.get()
    try {
      return await call(await got)
    } catch (failure) {
      if (!(failure instanceof EtcdRefusal && failure.wantsToken)) throw failure
      token.drop(got)
      return call(await token.get())
    }
  }

  /** At each endpoint once, until one answers. */
  async #anywhere<T>(attempt: (endpoint: string) => Promise<T>): Promise<T> {
    const { endpoints } = this.#options
    const first = this.#current
    const failures: Error[] = []
    for (let step = 0; step < endpoints.length; step++) {
      const index = (first + step) % endpoints.length
      try {
        return await attempt(endpoints[index] as string)
      } catch (failure) {
        if (failure instanceof EtcdRefusal && !failure.isOfTheMember) throw failure
        failures.push(toError(failure))
        // Another call may have gone on already.
        if (this.#current === index) this.#current = (index + 1) % endpoints.length
      }
    }
    const [only] = failures
    if (failures.length === 1 && only !== undefined) throw only
    throw new AggregateError(failures, failures.map(({ message }) => message).join('; '))
  }
}
