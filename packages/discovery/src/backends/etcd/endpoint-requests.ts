import { type Clock, toError } from '@hazeljs/core'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { reasonOf, wasReset } from './connection-failures.js'
import { EndpointFailure, EtcdRefusal, refusalIn } from './etcd-errors.js'
import type { ResolvedEtcdOptions } from './etcd-options.js'

/** How many requests may run at once at an endpoint; more wait, and their time runs. */
const maxConnections = 32
/** Longer than the pause between two heartbeats of the default ttl. */
const keepAliveMs = 30_000
/** How much of an answer that is none an error shows. */
const shownLength = 80

/** What is asked of an endpoint. */
export interface EtcdRequest {
  /** Below `/v3/`. */
  readonly path: string
  readonly body: object
  /** Nobody waits for it but a watch: it keeps no process alive. */
  readonly background?: boolean
}

/** A stream that etcd writes, from the endpoint that answered. */
export interface EtcdStream {
  readonly endpoint: string
  readonly chunks: AsyncIterable<Uint8Array>
}

type Token = string | undefined

/** Requests to single endpoints, in limited time. They reject with an EndpointFailure, or an EtcdRefusal. */
export class EndpointRequests {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #hasCertificate: boolean
  readonly #requests: Agent
  readonly #background: Agent

  constructor({ tls, requestTimeoutMs }: ResolvedEtcdOptions, clock: Clock) {
    this.#clock = clock
    this.#timeoutMs = requestTimeoutMs
    this.#hasCertificate = tls.cert !== undefined
    const connect = { ...tls, timeout: requestTimeoutMs }
    this.#requests = new Agent({ ...unlimited, connect, connections: maxConnections, keepAliveTimeout: keepAliveMs })
    // Without keep-alive, for undici makes a connection that it uses again one to wait for.
    this.#background = new Agent({ ...unlimited, connect: backgroundConnector(connect), pipelining: 0 })
  }

  async ask(endpoint: string, request: EtcdRequest, token: Token): Promise<unknown> {
    const once = () =>
      this.#within(endpoint, request, async (signal) => {
        const answer = await this.#post(endpoint, request, token, signal)
        return { statusCode: answer.statusCode, text: await answer.body.text() }
      })
    // A kept connection may have been closed by the other side just now, which says nothing about the endpoint.
    const { statusCode, text } = await once().catch((failure: unknown) =>
      wasReset(toError(failure).cause) ? once() : Promise.reject(toError(failure)),
    )
    return readAnswer(endpoint, statusCode, text)
  }

  /** Resolves when the stream has begun. It ends, by throwing, when `signal` aborts. Always in the background. */
  async open(endpoint: string, request: EtcdRequest, token: Token, signal: AbortSignal): Promise<EtcdStream> {
    const opening = { ...request, background: true }
    return this.#within(endpoint, opening, async (limit) => {
      const answer = await this.#post(endpoint, opening, token, AbortSignal.any([limit, signal]))
      if (answer.statusCode === 200) return { endpoint, chunks: answer.body as AsyncIterable<Uint8Array> }
      readAnswer(endpoint, answer.statusCode, await answer.body.text())
      throw new Error(`answered ${answer.statusCode} to a watch`)
    })
  }

  /** Streams end at once, requests when they are answered or their time is over. */
  async close(): Promise<void> {
    await Promise.all([this.#background.destroy(), this.#requests.close()])
  }

  #post(origin: string, { path, body, background }: EtcdRequest, token: Token, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: token }) }
    const agent = background === true ? this.#background : this.#requests
    return agent.request({ origin, path: `/v3/${path}`, method: 'POST', headers, body: JSON.stringify(body), signal })
  }

  /** Aborts what takes longer than a request may. A stream that was opened goes on. */
  async #within<T>(endpoint: string, { background = false }: EtcdRequest, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController()
    const onDue = () => limit.abort(new Error(`no answer within ${this.#timeoutMs} ms`))
    const timer = this.#clock.setTimer(onDue, this.#timeoutMs, { background })
    try {
      return await attempt(limit.signal)
    } catch (failure) {
      if (isAnswer(failure)) throw failure
      const isAnonymous = endpoint.startsWith('https:') && !this.#hasCertificate
      throw new EndpointFailure(endpoint, reasonOf(failure, isAnonymous), { cause: failure })
    } finally {
      this.#clock.clearTimer(timer)
    }
  }
}

/** The clock of this backend limits time, not the dispatcher's. */
const unlimited = { headersTimeout: 0, bodyTimeout: 0 }

/** Connections that keep no process alive. */
function backgroundConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options)
  return (to, callback) =>
    connect(to, (...result) => {
      result[1]?.unref()
      callback(...result)
    })
}

function isAnswer(failure: unknown): boolean {
  return failure instanceof EndpointFailure || failure instanceof EtcdRefusal
}

function readAnswer(endpoint: string, statusCode: number, text: string): unknown {
  const answer = parse(text)
  const refusal = refusalIn(endpoint, answer)
  if (refusal !== undefined) throw refusal
  if (statusCode === 200 && typeof answer === 'object' && answer !== null) return answer
  const shown = text.slice(0, shownLength).trim()
  throw new EndpointFailure(endpoint, `answered ${statusCode} ${shown}; expected the JSON gateway of etcd 3.4 or later`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
