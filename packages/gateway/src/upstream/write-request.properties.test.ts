import fc from 'fast-check'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import type { UpstreamRequest } from './upstream-request.js'
import { writeRequest } from './write-request.js'

interface Sent {
  readonly method: string
  readonly kind: 'none' | 'buffer' | 'length' | 'chunked'
  readonly pieces: readonly string[]
  /** How many bytes the Content-Length says too few (below 0) or too many. */
  readonly off: number
  readonly breaksOff: boolean
}

const piece = fc.oneof(fc.stringMatching(/^[a\r\n0]{0,12}$/), fc.constantFrom('0\r\n\r\n', 'GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n', ''))
const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'QUERY'),
  kind: fc.constantFrom('none', 'buffer', 'length', 'length', 'chunked', 'chunked'),
  pieces: fc.array(piece, { maxLength: 5 }),
  off: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 })),
  breaksOff: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
})

function requestOf({ method, kind, pieces, off, breaksOff }: Sent, target: string): UpstreamRequest {
  const whole = Buffer.from(pieces.join(''), 'latin1')
  const said = String(Math.max(0, whole.length + off))
  async function* flow() {
    for (const [i, text] of pieces.entries()) {
      if (i % 2 === 1) await new Promise(setImmediate)
      yield Buffer.from(text, 'latin1')
    }
    if (breaksOff) throw new Error('broken off')
  }
  const body = kind === 'none' ? null : kind === 'buffer' ? whole : Readable.from(flow(), { objectMode: false })
  return { method, target, headers: kind === 'length' ? ['X-A', 'b', 'Content-Length', said] : ['X-A', 'b'], body, upgrade: undefined }
}

/** The whole requests in `text`, each as method, target and body, and whether anything is left that is none. */
function strictlyRead(text: string): { requests: string[][]; rest: boolean } {
  const requests: string[][] = []
  let rest = text
  for (;;) {
    const head = /^([A-Z]+) (\/\d+) HTTP\/1\.1\r\nhost: h:1\r\nconnection: keep-alive\r\nX-A: b\r\n([^\r\n:]+: [^\r\n]*\r\n)?\r\n/.exec(
      rest,
    )
    if (head === null) return { requests, rest: rest !== '' }
    const framing = head[3] ?? ''
    let behind = rest.slice(head[0].length)
    let body = ''
    if (framing === 'transfer-encoding: chunked\r\n') {
      for (;;) {
        const size = /^([0-9a-f]+)\r\n/.exec(behind)
        if (size === null) return { requests, rest: true }
        const bytes = Number.parseInt(size[1] as string, 16)
        const start = size[0].length
        if (behind.length < start + bytes + 2) return { requests, rest: true }
        expect(behind.slice(start + bytes, start + bytes + 2)).toBe('\r\n')
        body += behind.slice(start, start + bytes)
        behind = behind.slice(start + bytes + 2)
        if (bytes === 0) break
      }
    } else if (framing !== '') {
      const bytes = Number(/^content-length: (\d+)\r\n$/.exec(framing)?.[1])
      if (behind.length < bytes) return { requests, rest: true }
      body = behind.slice(0, bytes)
      behind = behind.slice(bytes)
    }
    requests.push([head[1] as string, head[2] as string, body])
    rest = behind
  }
}

const isWhole = ({ kind, pieces, off, breaksOff }: Sent) =>
  kind === 'none' ||
  kind === 'buffer' ||
  (!breaksOff && (kind === 'chunked' || Math.max(0, pieces.join('').length + off) === pieces.join('').length))

it('writes requests one behind the other that a strict reader finds as they are, and of one whose body is not as it says no whole one', async () => {
  const received: string[] = []
  const ended: Promise<unknown>[] = []
  const server = createServer((socket) => {
    const index = received.push('') - 1
    socket.on('data', (chunk: Buffer) => (received[index] = (received[index] as string) + chunk.toString('latin1')))
    ended[index] = once(
      socket.on('error', () => undefined),
      'close',
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  let broken = 0
  const check = async (all: readonly Sent[]) => {
    const accepted = once(server, 'connection')
    const socket: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await Promise.all([once(socket, 'connect'), accepted])
    const index = received.length - 1
    const expected: string[][] = []
    let given: Sent | undefined
    for (const [i, one] of all.entries()) {
      const wasSent = await new Promise<boolean>((resolve) => {
        const onSent = () => {
          resolve(true)
        }
        writeRequest(socket, requestOf(one, `/${i}`), 'h:1', onSent, () => {
          resolve(false)
        })
      })
      expect(wasSent).toBe(isWhole(one))
      if (!wasSent) {
        given = one
        break
      }
      expected.push([one.method, `/${i}`, one.kind === 'none' ? '' : one.pieces.join('')])
    }
    expect([socket.writableCorked, socket.listenerCount('drain')]).toEqual([0, 0])
    socket.end()
    await ended[index]
    const { requests, rest } = strictlyRead(received[index] as string)
    if (given === undefined) {
      expect({ requests, rest }).toEqual({ requests: expected, rest: false })
      return
    }
    broken++
    // All the bytes of its length may have gone out before it turned out that they were not all, or not the end.
    const text = given.pieces.join('')
    const isFull = given.kind === 'length' && requests.length > expected.length
    if (isFull) expected.push([given.method, `/${expected.length}`, text.slice(0, Math.max(0, text.length + given.off))])
    expect(requests).toEqual(expected)
  }
  try {
    await fc.assert(fc.asyncProperty(fc.array(sent, { minLength: 1, maxLength: 4 }), check), { numRuns: 150 })
  } finally {
    server.close()
  }
  expect(broken).toBeGreaterThan(10)
})
