// The clients of the soak: callers, WebSockets, event streams. They count what they did, and what was wrong.
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { bytesOf } from './bytes.mjs'
import { drawCall, judge, judgeCut, requestOf } from './calls.mjs'
import { Connection } from './connection.mjs'

const PATIENCE_MS = 20
const EVENTS = 20
const MOST_EXAMPLES = 5
const KEY = Buffer.from('soak-soak-soak-1').toString('base64')

/** What was done and what went wrong, with a few examples of each kind. */
export class Tally {
  counts = new Map()
  examples = new Map()

  count(name) {
    this.counts.set(name, this.of(name) + 1)
  }

  of(name) {
    return this.counts.get(name) ?? 0
  }

  /** @param {{ kind: string, why: string } | undefined} wrong */
  note(wrong) {
    if (wrong === undefined) return
    this.count(wrong.kind)
    const examples = this.examples.get(wrong.kind) ?? []
    if (examples.length < MOST_EXAMPLES) examples.push(wrong.why)
    this.examples.set(wrong.kind, examples)
  }
}

const call = async (connection, drawnCall, tally) => {
  const { abort, fate } = drawnCall
  const bytes = requestOf(drawnCall)
  const leave = () => connection.leave()
  let patience
  if (abort === 'before-head' || abort === 'uploading') patience = setTimeout(leave, Math.random() * PATIENCE_MS)
  try {
    const answer = await connection.ask((socket) => socket.write(bytes), abort === 'mid-body' ? leave : undefined)
    tally.count('answers')
    if (fate !== undefined) tally.count(`${fate}: ${answer.status}`)
    if (abort !== 'uploading') tally.note(judge(drawnCall, answer))
  } catch (cut) {
    if (abort !== undefined) return tally.count(`left ${abort}`)
    if (fate !== undefined) tally.count(`${fate}: cut`)
    tally.note(judgeCut(drawnCall, cut))
  } finally {
    clearTimeout(patience)
  }
}

const callAgainAndAgain = async (name, port, tally, state) => {
  const connection = new Connection(port, (why) => tally.note({ kind: 'mixed', why: `${name}: ${why}` }))
  for (let count = 0; state.running; count++) await call(connection, drawCall(`${name}-${count}`), tally)
  connection.leave()
}

/** Opens a tunnel, has bytes come back, and leaves: in good order, or not. */
const tunnel = async (id, port, tally) => {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  let received = ''
  socket.setEncoding('latin1').on('data', (text) => (received += text))
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  const until = async (wanted) => {
    while (received.length < wanted && !socket.destroyed) await Promise.race([once(socket, 'data'), closed]).catch(() => {})
  }
  const fields = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n`
  socket.write(`GET /soak/socket HTTP/1.1\r\nHost: soak\r\nX-Request-Id: ${id}\r\n${fields}\r\n`)
  while (!received.includes('\r\n\r\n') && !socket.destroyed) await Promise.race([once(socket, 'data'), closed]).catch(() => {})
  const end = received.indexOf('\r\n\r\n') + 4
  if (!received.startsWith('HTTP/1.1 101')) tally.note({ kind: 'lost', why: `${id}: no tunnel but ${received.slice(0, 80)}` })
  else {
    const sent = bytesOf(id, Math.ceil(Math.random() * 100_000)).latin1Slice()
    socket.write(sent, 'latin1')
    await until(end + sent.length)
    if (received.slice(end) !== sent) tally.note({ kind: 'mixed', why: `${id}: other bytes came out of its tunnel` })
    tally.count('tunnels')
  }
  if (Math.random() < 0.5) socket.end()
  else socket.destroy()
  await closed
}

/** Reads events to the end, or leaves in the middle. */
const readEvents = async (id, port, tally) => {
  const connection = new Connection(port, (why) => tally.note({ kind: 'mixed', why: `${id}: ${why}` }))
  const leaves = Math.random() < 0.5
  const timer = leaves ? setTimeout(() => connection.leave(), PATIENCE_MS * 5) : undefined
  try {
    const request = `GET /soak/events?size=${EVENTS} HTTP/1.1\r\nHost: soak\r\nX-Request-Id: ${id}\r\n\r\n`
    const { body } = await connection.ask((socket) => socket.write(request))
    const wanted = Array.from({ length: EVENTS }, (_, event) => `data: ${id} ${event}\n\n`).join('')
    if (body.toString() !== wanted) tally.note({ kind: 'mixed', why: `${id}: other events than its own` })
    tally.count('event streams')
  } catch (cut) {
    if (leaves) tally.count('event streams left')
    else tally.note({ kind: 'lost', why: `${id}: events ${cut.message}` })
  } finally {
    clearTimeout(timer)
    connection.leave()
  }
}

const again = async (name, port, tally, state, what) => {
  for (let count = 0; state.running; count++) {
    await what(`${name}-${count}`, port, tally)
    await pause(PATIENCE_MS)
  }
}

/** Runs until `state.running` is cleared and everything under way has ended. */
export const runClients = async (port, callers, tally, state) => {
  const clients = Array.from({ length: callers }, (_, number) => callAgainAndAgain(`c${number}`, port, tally, state))
  const few = Math.max(1, callers >> 3)
  for (let number = 0; number < few; number++) {
    clients.push(again(`w${number}`, port, tally, state, tunnel), again(`e${number}`, port, tally, state, readEvents))
  }
  await Promise.all(clients)
}
