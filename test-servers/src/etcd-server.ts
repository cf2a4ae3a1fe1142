import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { keptFolder } from './kept-folder.js'
import { freePort, ServerProcess } from './server-process.js'

/** Short elections allow leases of one second: etcd grants none shorter than one and a half election timeouts. */
const shortElections = ['--heartbeat-interval', '20', '--election-timeout', '200']

/** Paths of PEM files. */
export interface EtcdTlsFiles {
  readonly cert: string
  readonly key: string
  /** Clients have to show a certificate that this authority signed. */
  readonly clientCa?: string
}

interface Place {
  readonly port: number
  readonly tls: { readonly port: number; readonly args: readonly string[] } | undefined
  readonly peerPort: number
  readonly folder: string
  readonly args: readonly string[]
}

/** A single etcd on ports of its own. Its data outlive {@link kill}, and end with the test's process. */
export class EtcdServer {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly url: string
  readonly #place: Place
  #process: ServerProcess

  private constructor(place: Place, process: ServerProcess) {
    this.port = place.port
    this.url = clientUrl(place.port)
    this.#place = place
    this.#process = process
  }

  /** @param args more options of etcd, such as `'--auth-token-ttl', '2'` */
  static async start(...args: readonly string[]): Promise<EtcdServer> {
    return EtcdServer.#start(args, undefined)
  }

  /** The same; it serves TLS at {@link tlsUrl} too. */
  static async startTls({ cert, key, clientCa }: EtcdTlsFiles, ...args: readonly string[]): Promise<EtcdServer> {
    const trust = clientCa === undefined ? [] : ['--client-cert-auth', '--trusted-ca-file', clientCa]
    return EtcdServer.#start(args, { port: await freePort(), args: ['--cert-file', cert, '--key-file', key, ...trust] })
  }

  static async #start(args: readonly string[], tls: Place['tls']): Promise<EtcdServer> {
    const place = { port: await freePort(), tls, peerPort: await freePort(), folder: keptFolder(), args }
    return new EtcdServer(place, await launch(place))
  }

  /** Of a server started with {@link startTls}. */
  get tlsUrl(): string {
    return `https://127.0.0.1:${this.#place.tls?.port ?? 'none'}`
  }

  get pid(): number {
    return this.#process.pid
  }

  /** In the middle of whatever it does. */
  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** On the same port with the same data, after {@link kill}. */
  async restart(): Promise<void> {
    this.#process = await launch(this.#place)
  }

  /** On the same port without any data, after {@link kill}: as if the disk was lost. */
  async restartEmpty(): Promise<void> {
    rmSync(dataOf(this.#place), { recursive: true, force: true })
    await this.restart()
  }

  /** Connections stay open, and nothing is answered. */
  hang(): void {
    this.#process.signal('SIGSTOP')
  }

  wake(): void {
    this.#process.signal('SIGCONT')
  }
}

function launch(place: Place): Promise<ServerProcess> {
  const name = basename(place.folder)
  const client = clientUrl(place.port)
  const clients = place.tls === undefined ? client : `${client},https://127.0.0.1:${place.tls.port}`
  const peer = clientUrl(place.peerPort)
  return ServerProcess.start(
    () => [
      'etcd',
      ...['--name', name, '--data-dir', dataOf(place)],
      ...['--listen-client-urls', clients, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `${name}=${peer}`],
      ...shortElections,
      ...(place.tls?.args ?? []),
      ...place.args,
    ],
    () => isServing(client, name),
  )
}

/** It has a leader, and is ours: another server may have taken the port before. */
async function isServing(client: string, name: string): Promise<boolean> {
  const ask = async (path: string) => {
    const response = await fetch(`${client}/v3/${path}`, { method: 'POST', body: '{}', signal: AbortSignal.timeout(1_000) })
    return (await response.json()) as { readonly leader?: string; readonly members?: readonly { readonly name?: string }[] }
  }
  const { leader } = await ask('maintenance/status')
  const { members } = await ask('cluster/member/list')
  return leader !== undefined && members?.[0]?.name === name
}

function dataOf({ folder }: Place): string {
  return join(folder, 'etcd')
}

function clientUrl(port: number): string {
  return `http://127.0.0.1:${port}`
}
