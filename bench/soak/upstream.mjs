// An instance behind the gateway of the soak. It answers with the request's id in every byte, checks what it is sent, and fails where a request's
// fate says so and names it. Argument: its number. It is asked for its connections over IPC.
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { bytesOf } from './bytes.mjs'

const number = process.argv[2]
const PART_MS = 5
const EVENT_MS = 10
const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11' // RFC 6455 section 1.3

const received = async (request, id) => {
  const parts = []
  for await (const part of request) parts.push(part)
  const body = Buffer.concat(parts)
  return `${body.length}:${body.equals(bytesOf(id, body.length)) ? 'whole' : 'changed'}`
}

const sendEvents = async (response, id, events) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Soak-Id': id })
  for (let event = 0; event < events && !response.destroyed; event++) {
    response.write(`data: ${id} ${event}\n\n`)
    await pause(EVENT_MS)
  }
  response.end()
}

const answer = async (request, response) => {
  const { 'x-request-id': id, 'x-soak-fate': fate, 'x-soak-at': at } = request.headers
  const url = new URL(request.url, 'http://soak')
  const size = Number(url.searchParams.get('size'))
  const strikes = at === number
  if (strikes && fate === 'reset') return request.socket.resetAndDestroy()
  if (strikes && fate === 'hang') return request.resume() // or nobody would see that the gateway gave up
  const upload = await received(request, id)
  if (url.pathname.endsWith('/events')) return sendEvents(response, id, size)
  const body = bytesOf(id, size)
  const status = strikes && fate === 'busy' ? 503 : 200
  const length = url.searchParams.has('chunked') ? {} : { 'Content-Length': size }
  response.writeHead(status, { 'X-Soak-Id': id, 'X-Soak-Received': upload, ...length })
  if (!strikes || fate !== 'reset-body') return response.end(body)
  response.write(body.subarray(0, size >> 1))
  await pause(PART_MS)
  request.socket.resetAndDestroy()
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch(() => response.destroy()) // the gateway left in the middle of an upload
})
server.on('upgrade', (request, socket, head) => {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${HANDSHAKE_GUID}`).digest('base64')
  socket.on('error', () => {})
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  socket.write(head)
  socket.pipe(socket)
})
let open = 0
server.on('connection', (socket) => {
  open++
  socket.on('close', () => open--)
})
process.on('message', () => process.send({ open }))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
