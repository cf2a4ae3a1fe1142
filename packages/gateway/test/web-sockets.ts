import type { IncomingMessage } from 'node:http'
import { type ClientOptions, WebSocket, WebSocketServer, type ServerOptions } from 'ws'
import { afterTest, startUpstream, type Upstream } from './harness.js'

export interface WebSocketUpstream extends Upstream {
  readonly sockets: WebSocket[]
  /** The requests that asked for a WebSocket, in order. */
  readonly handshakes: IncomingMessage[]
}

/** A real service that answers `ok` to requests and gives every WebSocket to `onSocket`, which by default sends back what comes. */
export async function startWebSocketUpstream(
  onSocket: (socket: WebSocket) => unknown = echo,
  options: ServerOptions = {},
): Promise<WebSocketUpstream> {
  const upstream = await startUpstream((_request, response) => response.end('ok'))
  const server = new WebSocketServer({ server: upstream.server, ...options })
  const sockets: WebSocket[] = []
  const handshakes: IncomingMessage[] = []
  server.on('connection', (socket, request) => {
    sockets.push(socket)
    handshakes.push(request)
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  afterTest(() => {
    for (const socket of sockets) socket.terminate()
  })
  return { ...upstream, sockets, handshakes }
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary })
  })
}

export interface OpenSocket {
  readonly socket: WebSocket
  /** The next message, in order. */
  next(): Promise<Buffer>
  readonly closed: Promise<number>
}

/** Opens a WebSocket; rejects with what the server said instead. */
export async function openSocket(
  port: number,
  path = '/',
  { protocols = [], ...options }: ClientOptions & { readonly protocols?: string[] } = {},
): Promise<OpenSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options)
  afterTest(() => {
    socket.terminate()
  })
  const messages: Buffer[] = []
  const waiting: ((message: Buffer) => void)[] = []
  socket.on('message', (data: Buffer) => {
    const wanted = waiting.shift()
    if (wanted === undefined) messages.push(data)
    else wanted(data)
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('error', () => undefined)
  return {
    socket,
    next: () =>
      new Promise((resolve) => {
        const message = messages.shift()
        if (message === undefined) waiting.push(resolve)
        else resolve(message)
      }),
    closed,
  }
}

export interface Refusal {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** What a handshake that is not followed gets. */
export function refusedSocket(port: number, path = '/', options: ClientOptions = {}): Promise<Refusal> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, options)
    socket.on('open', () => {
      socket.terminate()
      reject(new Error('the WebSocket was opened'))
    })
    socket.on('error', reject)
    socket.on('unexpected-response', (_request, response) => {
      const { socket: connection } = response
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        connection.destroy() // or the agent would keep it
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() })
      })
    })
  })
}
