import { type Clock, type Random, toError } from '@hazeljs/core'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { reasonOf, wasReset } from './connection-failures.js'
import { EndpointFailure, EtcdRefusal, refusalIn, toDiscoveryError } from './etcd-errors.js'
import type { ResolvedEtcdOptions } from './etcd-options.js'
import { EtcdToken } from './etcd-token.js'

/** How many requests may run at once at an endpoint; more wait, and their time runs. */
const maxConnections = 32
/** Longer than the pause between two heartbeats of the default ttl. */
const keepAliveMs = 30_000

/** A stream that etcd writes, from the endpoint that answered. */
export interface EtcdStream {
  readonly endpoint: string
  readonly chunks: AsyncIterable<Uint8Array>
}

type Answer = Dispatcher.ResponseData

/**
 * The way to a cluster: asks one endpoint, and the next one when it does not answer in time. Every request of this backend may be made twice
 * without harm, so that one whose answer was lost is asked again.
 */
export class EtcdConnection {
  readonly #options: ResolvedEtcdOptions
  readonly #clock: Clock
  readonly #requests: Agent
  readonly #streams: Agent
  readonly #token: EtcdToken | undefined
  #current: number

  constructor(options: ResolvedEtcdOptions, clock: Clock, random: Random) {
    this.#options = options
    this.#clock = clock
    this.#current = Math.floor(random.next() * options.endpoints.length)
    const connect = { ...options.tls, timeout: options.requestTimeoutMs }
    this.#requests = new Agent({ ...unlimited, connect, connections: maxConnections, keepAliveTimeout: keepAliveMs })
    this.#streams = new Agent({ ...unlimited, connect: backgroundConnector(connect) })
    const { credentials } = options
    if (credentials === undefined) return
    const { username: name, password } = credentials
    this.#token = new EtcdToken(async () => {
      const answer = await this.#ask((endpoint) => this.#unary(endpoint, 'auth/authenticate', { name, password }, undefined))
      return (answer as { readonly token?: string }).token
    })
  }

  /** @throws {DiscoveryError} `REGISTRY_UNAVAILABLE`; where etcd itself said no, the `cause` is an EtcdRefusal. */
  call(path: string, body: object): Promise<unknown> {
    return this.#explained(() => this.#withToken((token) => this.#ask((endpoint) => this.#unary(endpoint, path, body, token))))
  }

  /** Resolves when the stream has begun. It ends, by throwing, when `signal` aborts. Rejects as {@link call}. */
  open(path: string, body: object, signal: AbortSignal): Promise<EtcdStream> {
    return this.#explained(() => this.#withToken((token) => this.#ask((endpoint) => this.#stream(endpoint, path, body, token, signal))))
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
  async close(): Promise<void> {
    await Promise.all([this.#streams.destroy(), this.#requests.close()])
  }

  async #explained<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (failure) {
      throw this.explain(failure)
    }
  }

  async #withToken<T>(call: (token: string | undefined) => Promise<T>): Promise<T> {
    if (this.#token === undefined) return call(undefined)
    const got = this.#token.get()
    try {
      return await call(await got)
    } catch (failure) {
      if (!(failure instanceof EtcdRefusal && failure.wantsToken)) throw failure
      this.#token.drop(got)
      return call(await this.#token.get())
    }
  }

  /** Each endpoint once, beginning with the one that answered last. */
  async #ask<T>(attempt: (endpoint: string) => Promise<T>): Promise<T> {
    const { endpoints } = this.#options
    const first = this.#current
    const failures: Error[] = []
    for (let step = 0; step < endpoints.length; step++) {
      const endpoint = endpoints[(first + step) % endpoints.length] as string
      try {
        return await attempt(endpoint)
      } catch (failure) {
        if (failure instanceof EtcdRefusal && !failure.isOfTheMember) throw failure
        failures.push(toError(failure))
        this.#current = (first + step + 1) % endpoints.length
      }
    }
    const [only] = failures
    if (failures.length === 1 && only !== undefined) throw only
    throw new AggregateError(failures, failures.map(({ message }) => message).join('; '))
  }

  async #unary(endpoint: string, path: string, body: object, token: string | undefined): Promise<unknown> {
    const ask = () =>
      this.#within(endpoint, undefined, async (signal) => {
        const answer = await this.#post(this.#requests, endpoint, path, body, token, signal)
        return { statusCode: answer.statusCode, text: await answer.body.text() }
      })
    // A kept connection may have been closed by the other side just now, which says nothing about the endpoint.
    const { statusCode, text } = await ask().catch((failure: unknown) =>
      wasReset(toError(failure).cause) ? ask() : Promise.reject(toError(failure)),
    )
    return readAnswer(endpoint, statusCode, text)
  }

  async #stream(endpoint: string, path: string, body: object, token: string | undefined, signal: AbortSignal): Promise<EtcdStream> {
    const answer = await this.#within(endpoint, signal, (both) => this.#post(this.#streams, endpoint, path, body, token, both))
    if (answer.statusCode === 200) return { endpoint, chunks: answer.body as AsyncIterable<Uint8Array> }
    const text = await this.#within(endpoint, signal, () => answer.body.text())
    readAnswer(endpoint, answer.statusCode, text)
    throw new EndpointFailure(endpoint, `answered ${answer.statusCode}`)
  }

  #post(agent: Agent, origin: string, path: string, body: object, token: string | undefined, signal: AbortSignal): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: token }) }
    return agent.request({ origin, path: `/v3/${path}`, method: 'POST', headers, body: JSON.stringify(body), signal })
  }

  /** Aborts what takes longer than a request may. `outer` goes on to count when the answer has begun: it ends the stream. */
  async #within<T>(endpoint: string, outer: AbortSignal | undefined, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { requestTimeoutMs } = this.#options
    const limit = new AbortController()
    const timer = this.#clock.setTimer(() => limit.abort(new Error(`no answer within ${requestTimeoutMs} ms`)), requestTimeoutMs)
    try {
      return await attempt(outer === undefined ? limit.signal : AbortSignal.any([limit.signal, outer]))
    } catch (failure) {
      const isAnonymous = endpoint.startsWith('https:') && this.#options.tls.cert === undefined
      throw new EndpointFailure(endpoint, reasonOf(failure, isAnonymous), { cause: failure })
    } finally {
      this.#clock.clearTimer(timer)
    }
  }
}

/** The clock of this backend limits time, not the dispatcher's. */
const unlimited = { headersTimeout: 0, bodyTimeout: 0 }

/** Connections that keep no process alive: a watch is nothing to wait for. */
function backgroundConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options)
  return (to, callback) =>
    connect(to, (...result) => {
      result[1]?.unref()
      callback(...result)
    })
}

function readAnswer(endpoint: string, statusCode: number, text: string): unknown {
  const answer = parse(text)
  const refusal = refusalIn(endpoint, answer)
  if (refusal !== undefined) throw refusal
  if (statusCode === 200 && typeof answer === 'object' && answer !== null) return answer
  throw new EndpointFailure(endpoint, `answered ${statusCode} ${text.slice(0, 80).trim()}; expected the JSON gateway of etcd 3.4 or later`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
