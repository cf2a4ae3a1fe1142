import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterTest } from './harness.js'

/** A service that reads HTTP/1.1 by the letter, byte by byte, and answers `ok` to each request that is whole. */
export interface Witness {
  readonly port: number
  /** `METHOD target body` of each whole request, in order. */
  readonly whole: readonly string[]
  /** Names and values of their fields, a list for each. */
  readonly fields: readonly (readonly string[])[]
  /** What was sent and is no request, or more than one. */
  readonly malformed: readonly string[]
  /** Heads whose bodies have not come to their end. */
  readonly unfinished: number
}

interface Message {
  readonly method: string
  readonly target: string
  readonly fields: readonly string[]
  readonly body: string
  readonly size: number
}

/** `undefined`: more has to come. */
function parseMessage(text: string): Message | 'malformed' | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const [, method = '', target = ''] = /^([A-Z]+) ([\x21-\x7e]+) HTTP\/1\.1$/.exec(line) ?? []
  if (method === '' || fields.some((field) => !/^[\w!#$%&'*+.^`|~-]+: ?[\t\x20-\x7e\x80-\xff]*$/.test(field))) return 'malformed'
  const values = (name: string) =>
    fields.filter((field) => field.toLowerCase().startsWith(`${name}:`)).map((field) => field.slice(name.length + 1).trim())
  const lengths = values('content-length')
  const codings = values('transfer-encoding')
  if (values('host').length !== 1 || lengths.length + codings.length > 1) return 'malformed'
  const rest = text.slice(end + 4)
  const body = codings.length > 0 ? (codings[0] === 'chunked' ? parseChunks(rest) : 'malformed') : parseLength(rest, lengths[0] ?? '0')
  return typeof body === 'object' ? { method, target, fields, body: body.data, size: end + 4 + body.size } : body
}

function parseLength(text: string, length: string): { data: string; size: number } | 'malformed' | undefined {
  if (!/^\d+$/.test(length)) return 'malformed'
  const size = Number(length)
  return text.length < size ? undefined : { data: text.slice(0, size), size }
}

function parseChunks(text: string): { data: string; size: number } | 'malformed' | undefined {
  let data = ''
  for (let at = 0; ;) {
    const end = text.indexOf('\r\n', at)
    if (end === -1) return undefined
    if (!/^[\da-f]+$/i.test(text.slice(at, end))) return 'malformed'
    const size = Number.parseInt(text.slice(at, end), 16)
    const next = end + 2 + size
    if (text.length < next + 2) return undefined
    if (text.slice(next, next + 2) !== '\r\n') return 'malformed'
    if (size === 0) return { data, size: next + 2 }
    data += text.slice(end + 2, next)
    at = next + 2
  }
}

export async function startWitness(): Promise<Witness> {
  const whole: string[] = []
  const fields: (readonly string[])[] = []
  const malformed: string[] = []
  const waiting = new Map<Socket, string>()
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      let text = (waiting.get(socket) ?? '') + chunk.toString('latin1')
      for (;;) {
        const message = text === '' ? undefined : parseMessage(text)
        if (message === 'malformed') malformed.push(text)
        if (message === undefined || message === 'malformed') break
        whole.push(`${message.method} ${message.target} ${message.body}`.trim())
        fields.push(message.fields)
        text = text.slice(message.size)
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      }
      waiting.set(socket, text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    for (const socket of waiting.keys()) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    whole,
    fields,
    malformed,
    get unfinished() {
      return [...waiting.values()].filter((text) => text !== '').length
    },
  }
}
