import type { Clock } from '@hazeljs/core'
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { CallTimeoutError, refusalOf } from './api-error.js'
import type { KubernetesConfig } from './kubernetes-config.js'

/** How a request is made, besides what it asks. */
export interface CallOptions {
  /** Aborting it ends the request, and the stream that came of it. It is aborted when the time is over. */
  readonly control: AbortController
  /** For a list all of it; for a watch until its stream is open. */
  readonly timeoutMs: number
  /** Whether the connection lets the process end. */
  readonly background: boolean
}

type Query = Readonly<Record<string, string>>

/** The longest body of a refusal that is read. */
const maxRefusalBytes = 65_536
/** After so long without a byte the system asks the other end whether it is still there. */
const keepAliveProbeMs = 30_000

/** Reads EndpointSlices over HTTP. Each request opens a connection of its own, with the credentials of that moment. */
export class KubernetesApi {
  readonly #config: KubernetesConfig
  readonly #clock: Clock

  constructor(config: KubernetesConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  /** The URL of the API server, for messages. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? 'no cluster (the kubeconfig has no current one)'
  }

  /** The answer to a list, as it came. @throws {KubernetesApiError} */
  list(namespace: string, query: Query, options: CallOptions): Promise<unknown> {
    return this.#inTime(options, async () => {
      const response = await this.#open(namespace, query, options)
      return JSON.parse(await textOf(response, Infinity)) as unknown
    })
  }

  /** The open stream of a watch. @throws {KubernetesApiError} */
  watch(namespace: string, query: Query, options: CallOptions): Promise<IncomingMessage> {
    return this.#inTime(options, () => this.#open(namespace, { ...query, watch: 'true' }, options))
  }

  /** Rejects with the reason of the abort at once, for a plugin that brings credentials knows no signal. */
  #inTime<T>({ control, timeoutMs }: CallOptions, call: () => Promise<T>): Promise<T> {
    const { signal } = control
    return new Promise<T>((resolve, reject) => {
      signal.throwIfAborted()
      const timer = this.#clock.setTimer(() => control.abort(new CallTimeoutError(timeoutMs)), timeoutMs, { background: true })
      const onAbort = () => reject(signal.reason as Error)
      signal.addEventListener('abort', onAbort)
      const end = () => {
        this.#clock.clearTimer(timer)
        signal.removeEventListener('abort', onAbort)
      }
      call().finally(end).then(resolve, reject)
    })
  }

  async #open(namespace: string, query: Query, { control, background }: CallOptions): Promise<IncomingMessage> {
    const cluster = this.#config.getCurrentCluster()
    if (cluster === null) throw new Error('the kubeconfig has no current cluster')
    const options: RequestOptions = { headers: { Accept: 'application/json', 'User-Agent': 'hazeljs-discovery' } }
    await this.#config.applyToHTTPSOptions(options)
    control.signal.throwIfAborted()
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?${new URLSearchParams(query).toString()}`
    const url = new URL(cluster.server.replace(/\/+$/, '') + path)
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest
    const response = await responseTo(send(url, { ...options, method: 'GET', signal: control.signal }), background)
    const status = response.statusCode ?? 0
    if (status === 200) return response
    throw refusalOf(status, response.headers, await textOf(response, maxRefusalBytes))
  }
}

function responseTo(request: ClientRequest, background: boolean): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('socket', (socket) => {
      socket.setKeepAlive(true, keepAliveProbeMs)
      if (background) socket.unref()
    })
    request.on('response', resolve)
    // Also after the response, when the rest of it is what fails: the reader of the response is told as well.
    request.on('error', reject)
    request.end()
  })
}

/** The body, or its beginning where it is longer than that. */
async function textOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > maxBytes) break
  }
  return text
}
