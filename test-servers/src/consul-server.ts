import { freePort, ServerProcess } from './server-process.js'

const leaderPatienceMs = 1_000

interface Agent {
  readonly port: number
  readonly serverPort: number
  readonly command: readonly string[]
}

/**
 * A Consul agent in development mode, server and client in one, on ports of its own, without DNS. A restart forgets everything, unless the
 * arguments name a data directory.
 */
export class ConsulServer {
  readonly host = '127.0.0.1'
  readonly #agent: Agent
  #process: ServerProcess

  private constructor(agent: Agent, process: ServerProcess) {
    this.#agent = agent
    this.#process = process
  }

  /** @param args more options of `consul agent`, such as `'-hcl', 'acl { enabled = true }'` */
  static async start(...args: readonly string[]): Promise<ConsulServer> {
    const [port, serverPort, lanPort, wanPort] = [await freePort(), await freePort(), await freePort(), await freePort()]
    const ports = ['-http-port', port, '-server-port', serverPort, '-serf-lan-port', lanPort, '-serf-wan-port', wanPort]
    const unused = ['-dns-port', '-1', '-grpc-port', '-1', '-hcl', 'disable_update_check = true']
    const command = ['consul', 'agent', '-dev', '-bind', '127.0.0.1', '-client', '127.0.0.1', ...ports.map(String), ...unused, ...args]
    const agent = { port, serverPort, command }
    return new ConsulServer(agent, await launch(agent))
  }

  /** Of the HTTP API. */
  get port(): number {
    return this.#agent.port
  }

  get pid(): number {
    return this.#process.pid
  }

  /** In the middle of whatever it does. */
  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** On the same ports, after {@link kill}. */
  async restart(): Promise<void> {
    this.#process = await launch(this.#agent)
  }

  /** Connections stay open, and nothing is answered. */
  hang(): void {
    this.#process.signal('SIGSTOP')
  }

  wake(): void {
    this.#process.signal('SIGCONT')
  }
}

/** Ready is who leads. Its address tells it from another agent that may have taken the port before ours. */
function launch({ port, serverPort, command }: Agent): Promise<ServerProcess> {
  const leader = JSON.stringify(`127.0.0.1:${serverPort}`)
  return ServerProcess.start(
    () => command,
    async () => {
      const response = await fetch(`http://127.0.0.1:${port}/v1/status/leader`, { signal: AbortSignal.timeout(leaderPatienceMs) })
      return (await response.text()).trim() === leader
    },
  )
}
