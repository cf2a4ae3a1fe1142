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
  /** All members, as etcd names them to each other. */
  readonly cluster: string
  readonly folder: string
  readonly args: readonly string[]
}

/** An etcd on ports of its own, alone or as a member of a cluster. Its data outlive {@link kill}, and end with the test's process. */
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

  /** The members of one cluster, all of them up. */
  static async startCluster(size: number, ...args: readonly string[]): Promise<readonly EtcdServer[]> {
    const places: Omit<Place, 'cluster'>[] = []
    for (let member = 0; member < size; member++) places.push(await freshPlace(args))
    const cluster = places.map(peerOf).join(',')
    return Promise.all(places.map((place) => EtcdServer.#at({ ...place, cluster })))
  }

  static async #start(args: readonly string[], tls: Place['tls']): Promise<EtcdServer> {
    const place = { ...(await freshPlace(args)), tls }
    return EtcdServer.#at({ ...place, cluster: peerOf(place) })
  }

  static async #at(place: Place): Promise<EtcdServer> {
    return new EtcdServer(place, await launch(place))
  }

  /** Of a server started with {@link startTls}. */
  get tlsUrl(): string {
    return `https://127.0.0.1:${this.#place.tls?.port ?? 'none'}`
  }

  get pid(): number {
    return this.#process.pid
  }

  /** Whether it leads its cluster. */
  async isLeader(): Promise<boolean> {
    const { header, leader } = await ask(this.url, 'maintenance/status')
    return leader !== undefined && leader === header?.member_id
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

async function freshPlace(args: readonly string[]): Promise<Omit<Place, 'cluster'>> {
  return { port: await freePort(), tls: undefined, peerPort: await freePort(), folder: keptFolder(), args }
}

function launch(place: Place): Promise<ServerProcess> {
  const name = nameOf(place)
  const client = clientUrl(place.port)
  const clients = place.tls === undefined ? client : `${client},https://127.0.0.1:${place.tls.port}`
  const peer = clientUrl(place.peerPort)
  return ServerProcess.start(
    () => [
      'etcd',
      ...['--name', name, '--data-dir', dataOf(place)],
      ...['--listen-client-urls', clients, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', place.cluster],
      ...shortElections,
      ...(place.tls?.args ?? []),
      ...place.args,
    ],
    () => isServing(client, name),
  )
}

/** It has a leader, and is ours: another server may have taken the port before. */
async function isServing(client: string, name: string): Promise<boolean> {
  const { header, leader } = await ask(client, 'maintenance/status')
  const { members } = await ask(client, 'cluster/member/list')
  const member = members?.find(({ ID }) => ID === header?.member_id)
  return leader !== undefined && member?.name === name
}

async function ask(client: string, path: string): Promise<StatusOrMembers> {
  const response = await fetch(`${client}/v3/${path}`, { method: 'POST', body: '{}', signal: AbortSignal.timeout(1_000) })
  return (await response.json()) as StatusOrMembers
}

interface StatusOrMembers {
  readonly header?: { readonly member_id?: string }
  readonly leader?: string
  readonly members?: readonly { readonly ID?: string; readonly name?: string }[]
}

/** No other server on this machine has it. */
function nameOf({ folder }: Pick<Place, 'folder'>): string {
  return basename(folder)
}

function peerOf(place: Pick<Place, 'folder' | 'peerPort'>): string {
  return `${nameOf(place)}=${clientUrl(place.peerPort)}`
}

function dataOf({ folder }: Place): string {
  return join(folder, 'etcd')
}

function clientUrl(port: number): string {
  return `http://127.0.0.1:${port}`
}
