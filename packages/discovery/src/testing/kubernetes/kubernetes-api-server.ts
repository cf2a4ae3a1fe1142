import { type Clock, type Duration, type Random, resolveOptions, systemClock, systemRandom } from '@hazeljs/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EndpointSlice } from '../../backends/kubernetes/endpoint-slice.js'
import { Access, allVerbs, type ApiVerb } from './access.js'
import type { ApiFault } from './api-fault.js'
import { ApiHandler } from './api-handler.js'
import type { ApiRequest } from './api-request.js'
import { HttpListener } from './http-listener.js'
import { type KubeConfigOptions, writeKubeConfig } from './kube-config.js'
import { SliceStore, type StoredSlice } from './slice-store.js'
import type { WatchStream } from './watch-stream.js'

export interface KubernetesApiServerOptions {
  /** Default: any that is free. */
  readonly port?: number
  /** The bearer token that clients have to show. Default: none; more by {@link KubernetesApiServer.allow}. */
  readonly token?: string
  /** Default: plain HTTP. */
  readonly tls?: KubernetesApiServerTls
  /** How often a watch that wants bookmarks gets one. Default 60 s, as kube-apiserver. */
  readonly bookmarkInterval?: Duration
  /** How a watch from a forgotten revision is refused: by an event of its stream, as kube-apiserver does, or by the HTTP status. */
  readonly expiredWatches?: 'event' | 'status'
}

/** All PEM. */
export interface KubernetesApiServerTls {
  readonly cert: string
  readonly key: string
  /** What signed `cert`, for kubeconfigs. Default: `cert` itself. */
  readonly ca?: string
  /** A client whose certificate this signed needs no token. */
  readonly clientCa?: string
}

export interface KubernetesApiServerDependencies {
  readonly clock?: Clock
  readonly random?: Random
}

export const defaultBookmarkIntervalMs = 60_000

/**
 * A Kubernetes API server for tests: EndpointSlices of `discovery.k8s.io/v1` in memory, listed, watched and written over HTTP as with
 * kube-apiserver; kubectl takes it for one. Besides, it fails on demand.
 */
export class KubernetesApiServer {
  readonly #options: KubernetesApiServerOptions
  readonly #store = new SliceStore()
  readonly #access: Access
  readonly #handler: ApiHandler
  readonly #clock: Clock
  readonly #streams = new Set<WatchStream>()
  readonly #requests: ApiRequest[] = []
  readonly #listener: HttpListener
  #refuse: (request: ApiRequest) => ApiFault | undefined = () => undefined
  /** Requests that wait for the end of a freeze; `undefined` while there is none. */
  #frozen: (() => void)[] | undefined

  private constructor(options: KubernetesApiServerOptions, bookmarkIntervalMs: number, { clock, random }: KubernetesApiServerDependencies) {
    this.#options = options
    this.#clock = clock ?? systemClock
    this.#access = new Access(options.tls?.clientCa !== undefined)
    if (options.token !== undefined) this.allow(options.token)
    this.#listener = new HttpListener(options.port ?? 0, options.tls && tlsOptions(options.tls), (request, response) =>
      this.#serve(request, response),
    )
    this.#handler = new ApiHandler({
      store: this.#store,
      access: this.#access,
      clock: this.#clock,
      random: random ?? systemRandom,
      bookmarkIntervalMs,
      expiredWatches: options.expiredWatches ?? 'event',
      admit: (request) => this.#admit(request),
      opened: (stream) => this.#opened(stream),
    })
  }

  /** @throws {ConfigError} for options that are wrong. */
  static async start(
    options: KubernetesApiServerOptions = {},
    dependencies: KubernetesApiServerDependencies = {},
  ): Promise<KubernetesApiServer> {
    const bookmarkIntervalMs = resolveOptions(
      'KubernetesApiServer',
      (reader) => reader.duration('bookmarkInterval', defaultBookmarkIntervalMs, 1),
      { bookmarkInterval: options.bookmarkInterval },
    )
    const server = new KubernetesApiServer(options, bookmarkIntervalMs, dependencies)
    await server.restart()
    return server
  }

  get port(): number {
    return this.#listener.port
  }

  get url(): string {
    return this.#listener.url
  }

  /** The text of a kubeconfig that leads here, for `KubeConfig.loadFromString` or a file of kubectl's. */
  kubeConfig(options: KubeConfigOptions = {}): string {
    const { tls, token } = this.#options
    return writeKubeConfig(this.url, tls?.ca ?? tls?.cert, { ...(token !== undefined && { token }), ...options })
  }

  /** Creates the slice, or replaces the one of that name. Its namespace is `default` where it names none. */
  put(slice: EndpointSlice): StoredSlice {
    return this.#store.put(slice, slice.metadata.namespace ?? 'default', new Date(this.#clock.wallTime()).toISOString())
  }

  /** @returns whether it was there */
  delete(name: string, namespace = 'default'): boolean {
    return this.#store.delete(namespace, name) !== undefined
  }

  /** All that there are, ordered by namespace and name. */
  get slices(): readonly StoredSlice[] {
    return this.#store.list()
  }

  /** Lets whoever shows the token do this, and nobody without a token anything. Default: everything. */
  allow(token: string, verbs: readonly ApiVerb[] = allVerbs): void {
    this.#access.allow(token, verbs)
  }

  /** The token is not known any more: 401. Open streams stay. */
  revoke(token: string): void {
    this.#access.revoke(token)
  }

  /** Asks before each request for slices is answered; a fault that is returned is the answer. It replaces what was given before. */
  refuse(decide: (request: ApiRequest) => ApiFault | undefined): void {
    this.#refuse = decide
  }

  /** Requests for slices since the start, those that were refused included. */
  get requests(): readonly ApiRequest[] {
    return this.#requests
  }

  count(verb: ApiVerb): number {
    return this.#requests.filter((request) => request.verb === verb).length
  }

  get openStreams(): number {
    return this.#streams.size
  }

  /** Breaks every open watch off, in the middle. */
  cutStreams(): void {
    for (const stream of this.#streams) stream.cut()
  }

  /** Ends every open watch as if its time were over. */
  endStreams(): void {
    for (const stream of this.#streams) stream.end()
  }

  /** Every open watch stays open and says nothing any more. Later ones are not concerned. */
  stallStreams(): void {
    for (const stream of this.#streams) stream.silence()
  }

  /** Every open watch tells the fault and ends. */
  failStreams(fault: ApiFault): void {
    for (const stream of this.#streams) stream.fail(fault)
  }

  /** A bookmark for each watch that wants them, now. */
  bookmark(): void {
    for (const stream of this.#streams) stream.bookmark()
  }

  /** Another kind of object changes: the revision moves on, and no watch of slices is told. */
  changeElsewhere(): void {
    this.#store.skipRevision()
  }

  /** Forgets all revisions before the present one: a watch from one of them, or a page of a list, is refused with 410. */
  compact(): void {
    this.#store.compact()
  }

  /** From now on nothing is answered and no watch tells anything, until {@link thaw}. Connections are accepted. */
  freeze(): void {
    this.#frozen ??= []
    for (const stream of this.#streams) stream.hold()
  }

  thaw(): void {
    const waiting = this.#frozen ?? []
    this.#frozen = undefined
    for (const resume of waiting) resume()
    for (const stream of this.#streams) stream.release()
  }

  /** Breaks all connections off and accepts none. The slices are kept, as etcd keeps a cluster's. */
  kill(): Promise<void> {
    return this.#listener.close()
  }

  /** On the same port, after {@link kill}. Changes from before are no longer remembered: its watch cache begins anew. */
  restart(): Promise<void> {
    this.#store.compact()
    return this.#listener.open()
  }

  /** As {@link kill}, for good. */
  close(): Promise<void> {
    return this.kill()
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => undefined) // the client left
    if (this.#frozen === undefined) void this.#handler.handle(request, response)
    else this.#frozen.push(() => void this.#handler.handle(request, response))
  }

  #admit(request: ApiRequest): ApiFault | undefined {
    this.#requests.push(request)
    return this.#refuse(request)
  }

  #opened(stream: WatchStream): void {
    this.#streams.add(stream)
    stream.onClose(() => this.#streams.delete(stream))
  }
}

function tlsOptions({ cert, key, clientCa }: KubernetesApiServerTls) {
  return { cert, key, ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: false }) }
}
