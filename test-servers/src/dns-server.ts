import { randomUUID } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keptFolder } from './kept-folder.js'
import { freePort, ServerProcess } from './server-process.js'

/** One SRV record. */
export interface DnsService {
  readonly target: string
  readonly port: number
  /** Default 0. */
  readonly priority?: number
  /** Default 0. */
  readonly weight?: number
}

interface Place {
  readonly port: number
  readonly folder: string
  readonly args: readonly string[]
}

/**
 * A dnsmasq on a port of its own, UDP and TCP, which asks no other server. It knows the domains `internal` and `test`: a name there without
 * records does not exist; other names are refused.
 */
export class DnsServer {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly #place: Place
  #services: Readonly<Record<string, readonly DnsService[]>> = {}
  #process: ServerProcess

  private constructor(place: Place, process: ServerProcess) {
    this.port = place.port
    this.#place = place
    this.#process = process
  }

  /** @param args more options of dnsmasq, such as `'--local-ttl=60'`; without that every answer's TTL is 0 */
  static async start(...args: readonly string[]): Promise<DnsServer> {
    const place = { port: await freePort(), folder: keptFolder(), args }
    writeFileSync(hostsOf(place), '')
    return new DnsServer(place, await launch(place, {}))
  }

  /** As Node's resolvers take it. */
  get address(): string {
    return `${this.host}:${this.port}`
  }

  /** Puts these addresses, IPv4 and IPv6, in the place of all others; the server reads them within milliseconds. */
  setHosts(hosts: Readonly<Record<string, readonly string[]>>): void {
    const lines = Object.entries(hosts).flatMap(([name, addresses]) => addresses.map((address) => `${address} ${name}\n`))
    writeFileSync(hostsOf(this.#place), lines.join(''))
    this.#process.signal('SIGHUP')
  }

  /** Puts these SRV records in the place of all others; the server starts anew for that. */
  async setServices(services: Readonly<Record<string, readonly DnsService[]>>): Promise<void> {
    this.#services = services
    await this.kill()
    await this.restart()
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** On the same port with the same records, after {@link kill}. */
  async restart(): Promise<void> {
    this.#process = await launch(this.#place, this.#services)
  }

  /** Nothing is answered. */
  hang(): void {
    this.#process.signal('SIGSTOP')
  }

  wake(): void {
    this.#process.signal('SIGCONT')
  }
}

async function launch(place: Place, services: Readonly<Record<string, readonly DnsService[]>>): Promise<ServerProcess> {
  const proof = `${randomUUID()}.test`
  const resolver = new Resolver({ timeout: 200, tries: 1 })
  resolver.setServers([`127.0.0.1:${place.port}`])
  const records = Object.entries(services).flatMap(([name, list]) =>
    list.map(({ target, port, priority = 0, weight = 0 }) => `--srv-host=${name},${target},${port},${priority},${weight}`),
  )
  return ServerProcess.start(
    () => [
      'dnsmasq',
      // In the foreground, in one process, as the user who started it.
      '--no-daemon',
      ...['--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file=', '--local=/internal/test/'],
      ...[`--port=${place.port}`, '--listen-address=127.0.0.1', '--bind-interfaces'],
      ...[`--addn-hosts=${hostsOf(place)}`, `--host-record=${proof},127.0.0.1`],
      ...records,
      ...place.args,
    ],
    async () => (await resolver.resolve4(proof)).length === 1,
  )
}

function hostsOf({ folder }: Place): string {
  return join(folder, 'hosts')
}
