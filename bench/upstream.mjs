// The service behind every contestant: HTTP/1.1 on bare sockets, several times cheaper than node:http, so that the core it shares with the load
// generator does not become the limit. It counts the bytes of every request body. PORT; prints READY. It is no server for anything else.
import { createHash } from 'node:crypto'
import net from 'node:net'
import { Buffer } from 'node:buffer'
import { CHECK_PATH, workloads } from './workloads.mjs'

const LARGE_BODY = 32 * 1024

const head = (status, type, length, extra = '') =>
  `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\nDate: Wed, 01 Jan 2025 00:00:00 GMT\r\n` +
  `${extra}Connection: keep-alive\r\nKeep-Alive: timeout=300\r\n\r\n`

/** Answers to the measured requests, ready to write, by `METHOD path`. */
const ready = new Map(
  workloads.map((workload) => {
    const type = workload.answer.length > LARGE_BODY ? 'application/octet-stream' : 'application/json'
    const whole = Buffer.concat([Buffer.from(head('200 OK', type, workload.answer.length)), workload.answer])
    return [`${workload.method} ${workload.path}`, { whole, bodyBytes: workload.bodyBytes }]
  }),
)

/** Tells the check what arrived, with a status, repeated headers and a content type that a proxy must not touch. */
const report = (requestHead, body) => {
  const [requestLine, ...fields] = requestHead.split('\r\n')
  const json = JSON.stringify({ requestLine, fields, length: body.length, sha1: createHash('sha1').update(body).digest('hex') })
  return (
    head(
      '418 Teapot',
      'application/vnd.bench+json',
      Buffer.byteLength(json),
      'Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nX-Upstream: yes\r\n',
    ) + json
  )
}

const serve = (socket) => {
  /** Unread bytes, kept only while a head is incomplete. */
  let rest = null
  /** The request whose body is still arriving. */
  let pending = null

  const answer = (request) => {
    if (request.kept !== null) return socket.write(report(request.text, Buffer.concat(request.kept)))
    const known = ready.get(request.target)
    if (known === undefined || known.bodyBytes !== request.length) return socket.write(head('404 Not Found', 'text/plain', 0))
    socket.write(known.whole)
  }

  const open = (text) => {
    const target = text.slice(0, text.indexOf(' ', text.indexOf(' ') + 1)).split('?', 1)[0]
    const length = +(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0)
    return { text, target, length, missing: length, kept: target.endsWith(CHECK_PATH) ? [] : null }
  }

  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    let bytes = rest === null ? chunk : Buffer.concat([rest, chunk])
    rest = null
    while (bytes.length > 0) {
      if (pending === null) {
        const end = bytes.indexOf('\r\n\r\n')
        if (end === -1) {
          rest = bytes
          return
        }
        const text = bytes.latin1Slice(0, end)
        if (/\r\ntransfer-encoding:/i.test(text)) return socket.end(head('501 Not Implemented', 'text/plain', 0)) // all contestants get a Content-Length to pass on
        pending = open(text)
        bytes = bytes.subarray(end + 4)
      }
      const part = Math.min(pending.missing, bytes.length)
      if (pending.kept !== null) pending.kept.push(bytes.subarray(0, part))
      pending.missing -= part
      bytes = bytes.subarray(part)
      if (pending.missing === 0) {
        answer(pending)
        pending = null
      }
    }
  })
}

net.createServer(serve).listen(+(process.env.PORT ?? 18080), '127.0.0.1', () => console.log('READY'))
