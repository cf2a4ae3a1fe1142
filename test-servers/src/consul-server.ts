import { freePort, ServerProcess } from './server-process.js'

const answerPatienceMs = 1_000

interface Agent {
  readonly port: number
  readonly lanPort: number
  /** As Consul says who leads. */
  readonly leader: string
  readonly command: (folder: string) => readonly string[]
}

/**
 * A Consul agent on ports of its own, without DNS: in development mode, a server and all there is of its cluster, or one without data that has
 * joined such a server. A restart forgets everything, unless the arguments name a data directory.
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
    const { port, lanPort, serverPort, options } = await freePorts()
    const command = () => ['consul', 'agent', '-dev', ...options, ...args]
    return ConsulServer.#launch({ port, lanPort, leader: `127.0.0.1:${serverPort}`, command })
  }

  /** An agent of another node, as services have one beside them. */
  async startAgent(node: string, ...args: readonly string[]): Promise<ConsulServer> {
    const { port, lanPort, options } = await freePorts()
    const join = ['-node', node, '-retry-join', `127.0.0.1:${this.#agent.lanPort}`]
    const command = (folder: string) => ['consul', 'agent', '-data-dir', folder, ...options, ...join, ...args]
    return ConsulServer.#launch({ port, lanPort, leader: this.#agent.leader, command })
  }

  static async #launch(agent: Agent): Promise<ConsulServer> {
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

async function freePorts() {
  const [port, serverPort, lanPort, wanPort] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const ports = ['-http-port', port, '-server-port', serverPort, '-serf-lan-port', lanPort, '-serf-wan-port', wanPort].map(String)
  const unused = ['-dns-port', '-1', '-grpc-port', '-1', '-hcl', 'disable_update_check = true']
  return { port, serverPort, lanPort, options: ['-bind', '127.0.0.1', '-client', '127.0.0.1', ...ports, ...unused] }
}

/** Ready is who knows the leader. The leader's address tells the agent from another one that may have taken the port before. */
function launch({ port, leader, command }: Agent): Promise<ServerProcess> {
  return ServerProcess.start(command, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/status/leader`, { signal: AbortSignal.timeout(answerPatienceMs) })
    return (await response.text()).trim() === JSON.stringify(leader)
  })
}
