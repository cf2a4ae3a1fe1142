import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterTest } from './harness.js'

/** A client that writes and reads bytes, where HTTP clients would hide what is on the wire. */
export interface RawClient {
  readonly socket: Socket
  /** Everything received so far, as latin1. */
  readonly received: string
  /** `end`: the other side finished in good order; `cut`: it did not. */
  readonly closed: Promise<'end' | 'cut'>
  write(text: string | Buffer): void
  /** Resolves with everything received once `wanted` is in it. */
  until(wanted: string | RegExp): Promise<string>
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  const waiting = new Set<() => void>()
  let received = ''
  let ended = false
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    for (const look of waiting) look()
  })
  socket.on('end', () => (ended = true))
  socket.on('error', () => undefined)
  afterTest(() => socket.destroy())
  return {
    socket,
    get received() {
      return received
    },
    closed: new Promise((resolve) => socket.once('close', (failed) => resolve(ended && !failed ? 'end' : 'cut'))),
    write: (text) => void socket.write(text),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof wanted === 'string' ? !received.includes(wanted) : !wanted.test(received)) return
          waiting.delete(look)
          resolve(received)
        }
        waiting.add(look)
        socket.once('close', () => {
          if (waiting.has(look)) reject(new Error(`the connection closed before ${String(wanted)} came, after: ${received}`))
        })
        look()
      }),
  }
}

export interface RawUpstream {
  readonly port: number
  /** Every connection that was ever made, in order. */
  readonly sockets: readonly Socket[]
  /** The bytes that each of them received, as latin1. */
  readonly received: readonly string[]
}

/** A service that writes bytes. `onHead` is called with each request's head, and with how many came before it. */
export async function startRawUpstream(onHead: (socket: Socket, head: string, count: number) => unknown): Promise<RawUpstream> {
  const sockets: Socket[] = []
  const received: string[] = []
  let count = 0
  const server = createServer((socket) => {
    const index = sockets.push(socket) - 1
    received[index] = ''
    let read = 0
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      const text = (received[index] as string) + chunk.toString('latin1')
      received[index] = text
      const end = text.indexOf('\r\n\r\n', read)
      if (end === -1) return
      const head = text.slice(read, end)
      read = text.length
      onHead(socket, head, count++)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets, received }
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The field lines of the first head in `text`, names and values as they stood on the wire. */
export function fieldLines(text: string): string[] {
  return (text.split('\r\n\r\n', 1)[0] as string).split('\r\n').slice(1)
}

/** The values of a field, in order. */
export function fieldValues(lines: readonly string[], name: string): string[] {
  const start = `${name.toLowerCase()}:`
  return lines.filter((line) => line.toLowerCase().startsWith(start)).map((line) => line.slice(start.length).trim())
}
