import { once } from 'node:events'
import { connect } from 'node:net'
import { freePort, ServerProcess } from './server-process.js'

/** A redis-server on a port of its own, without persistence: a restart forgets everything. */
export class RedisServer {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly #args: readonly string[]
  #process: ServerProcess

  private constructor(port: number, args: readonly string[], process: ServerProcess) {
    this.port = port
    this.#args = args
    this.#process = process
  }

  /** @param args more options of redis-server, such as `'--cluster-enabled', 'yes'` */
  static async start(...args: readonly string[]): Promise<RedisServer> {
    const port = await freePort()
    return new RedisServer(port, args, await launch(port, args))
  }

  get pid(): number {
    return this.#process.pid
  }

  /** In the middle of whatever it does. */
  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** On the same port, after {@link kill}. */
  async restart(): Promise<void> {
    this.#process = await launch(this.port, this.#args)
  }

  /** Connections stay open, and nothing is answered. */
  hang(): void {
    this.#process.signal('SIGSTOP')
  }

  wake(): void {
    this.#process.signal('SIGCONT')
  }
}

function launch(port: number, args: readonly string[]): Promise<ServerProcess> {
  return ServerProcess.start(
    (folder) => [
      'redis-server',
      ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
      ...args,
    ],
    async (pid) => (await info(port)).includes(`process_id:${pid}\r\n`),
  )
}

/** What the server on that port says of itself: another one may have taken the port before ours. */
async function info(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.setEncoding('utf8').write('INFO server\r\nQUIT\r\n')
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return answer
  } finally {
    socket.destroy()
  }
}
