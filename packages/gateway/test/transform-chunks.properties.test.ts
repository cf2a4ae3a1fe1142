import fc from 'fast-check'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { beforeEach, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { sendBytes } from './bytes.js'
import { afterTest, startProxy, startUpstream } from './harness.js'
import { rawClient } from './raw-http.js'

/** A body, where it is cut into pieces, and how it is framed and compressed. */
const messages = fc.record({
  body: fc.uint8Array({ minLength: 1, maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
  cuts: fc.array(fc.nat(3_000), { maxLength: 8 }),
  chunked: fc.boolean(),
  gzip: fc.boolean(),
})
type Message = typeof messages extends fc.Arbitrary<infer T> ? T : never

const reversed = (bytes: Buffer) => Buffer.from(bytes).reverse()

/** A message's fields and what goes on the wire, a piece a write. */
function onTheWire({ body, cuts, chunked, gzip }: Message): { readonly fields: string; readonly pieces: readonly Buffer[] } {
  const bytes = gzip ? gzipSync(body) : body
  const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length]
  const parts = places.slice(1).flatMap((end, index) => (end > (places[index] ?? 0) ? [bytes.subarray(places[index], end)] : []))
  const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.length}`
  const pieces = chunked
    ? [
        ...parts.map((part) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')])),
        Buffer.from('0\r\n\r\n'),
      ]
    : parts
  return { fields: `${framing}\r\n${gzip ? 'Content-Encoding: gzip\r\n' : ''}`, pieces }
}

/** Each piece in a turn of its own, so that they arrive apart more often than not. */
async function writeApart(socket: Socket, head: string, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of [Buffer.from(head), ...pieces]) {
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

let answer: Message
let server: Server

beforeEach(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => {
      const { fields, pieces } = onTheWire(answer)
      void writeApart(socket, `HTTP/1.1 200 OK\r\n${fields}\r\n`, pieces)
    })
    afterTest(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => server.close())
})

it('an answer is changed as a whole, however it comes', { timeout: 60_000 }, async () => {
  const { port } = await startProxy([(server.address() as AddressInfo).port], {
    trafficPolicy: { transform: { response: { body: reversed } } },
  })
  await fc.assert(
    fc.asyncProperty(messages, async (message) => {
      answer = message
      expect(await sendBytes(port, '/')).toMatchObject({ status: 200, body: reversed(message.body) })
    }),
    { numRuns: 60 },
  )
})

it('a request is changed as a whole, however it comes', { timeout: 60_000 }, async () => {
  let received = Buffer.alloc(0)
  const upstream = await startUpstream((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        received = Buffer.concat(chunks)
        response.end()
      })
  })
  const { port } = await startProxy([upstream.port], { trafficPolicy: { transform: { request: { body: reversed } } } })
  await fc.assert(
    fc.asyncProperty(messages, async (message) => {
      const { fields, pieces } = onTheWire(message)
      const client = await rawClient(port)
      await writeApart(client.socket, `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, pieces)
      await client.until('200 OK')
      client.socket.destroy()
      expect(received).toEqual(reversed(message.body))
    }),
    { numRuns: 60 },
  )
})
