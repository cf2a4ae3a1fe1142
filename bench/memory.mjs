// Does a proxy's memory stay flat while a body far larger than it passes through to a slow reader? `pnpm bench:memory`, after `pnpm build`.
// `down`: the client reads slowly what the service sends at once. `up`: the service reads slowly what the client sends at once.
import { Buffer } from 'node:buffer'
import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { contestants } from './contestants.mjs'
import { freePort, startServer, stopServer } from './machine.mjs'
import { givenArguments } from './options.mjs'
import { processTree, residentBytes } from './process-stats.mjs'
import { patternedBytes } from './workloads.mjs'

const MIB = 2 ** 20
/** Issue A's bar. */
const MOST_GROWTH_MIB = 64
const SAMPLE_MS = 100
const WARM_MIB = 1
const WARM_UPS = 20
const UNLIMITED = 1e12
const BLOCK = patternedBytes(MIB)

const { values: options } = parseArgs({
  args: givenArguments(),
  options: {
    mib: { type: 'string', default: '1024' },
    rate: { type: 'string', default: '64' }, // MiB a second
    only: { type: 'string', default: 'floor,ours-plain,ours-policies' },
    directions: { type: 'string', default: 'down,up' },
  },
})

/** Writes as fast as the socket takes it. */
const sendBlocks = (socket, blocks) => {
  for (let sent = 0; ;) {
    if (sent++ === blocks) return
    if (socket.write(BLOCK)) continue
    socket.once('drain', () => sendBlocks(socket, blocks - sent))
    return
  }
}

/** Reads no faster than `bytesPerSecond`, compares every byte, and resolves once `total` have come. */
const receiveSlowly = (socket, total, bytesPerSecond) => {
  const startedAt = performance.now()
  let received = 0
  let finish
  const done = new Promise((resolve, reject) => (finish = (error) => (error === undefined ? resolve() : reject(error))))
  socket.on('close', () => finish(new Error(`the connection closed after ${received} of ${total} bytes`)))
  const take = (chunk) => {
    for (let at = 0; at < chunk.length;) {
      const from = received % MIB
      const part = Math.min(chunk.length - at, MIB - from)
      if (chunk.compare(BLOCK, from, from + part, at, at + part) !== 0) return finish(new Error(`the bytes differ near ${received}`))
      received += part
      at += part
    }
    if (received >= total) return finish(received === total ? undefined : new Error(`${received - total} bytes too many`))
    const aheadMs = (received / bytesPerSecond) * 1e3 - (performance.now() - startedAt)
    if (aheadMs < 1) return
    socket.pause()
    setTimeout(() => socket.resume(), aheadMs)
  }
  return { take, done }
}

/** Calls `onHead` with the head and returns what handles the bytes after it. */
const readHead = (socket, onHead) => {
  let head = Buffer.alloc(0)
  let take = null
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    if (take !== null) return take(chunk)
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) return
    take = onHead(head.latin1Slice(0, end))
    if (head.length > end + 4) take(head.subarray(end + 4))
  })
}

const DONE = 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'

/** Serves `GET /api/down?BLOCKS` and takes `POST /api/up?BYTES-PER-SECOND`. */
const startService = async () => {
  const port = await freePort()
  net
    .createServer((socket) =>
      readHead(socket, (head) => {
        const argument = Number(/\?(\d+)/.exec(head)[1])
        if (head.startsWith('GET')) {
          socket.write(
            `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${argument * MIB}\r\nConnection: close\r\n\r\n`,
          )
          sendBlocks(socket, argument)
          return () => {}
        }
        const { take, done } = receiveSlowly(socket, Number(/content-length: *(\d+)/i.exec(head)[1]), argument)
        done.then(
          () => socket.end(DONE),
          () => socket.destroy(),
        )
        return take
      }),
    )
    .listen(port, '127.0.0.1')
  return port
}

const statusOf = (head) => Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1])

const download = (port, mib, bytesPerSecond) =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(`GET /api/down?${mib} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`))
    readHead(socket, (head) => {
      if (statusOf(head) !== 200) reject(new Error(`answered ${statusOf(head)}`))
      const { take, done } = receiveSlowly(socket, mib * MIB, bytesPerSecond)
      done.then(resolve, reject).finally(() => socket.destroy())
      return take
    })
  })

const upload = (port, mib, bytesPerSecond) =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(`POST /api/up?${bytesPerSecond} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${mib * MIB}\r\n\r\n`)
      sendBlocks(socket, mib)
    })
    socket.on('close', () => reject(new Error('the connection closed without an answer')))
    readHead(socket, (head) => {
      if (statusOf(head) === 204) resolve()
      else reject(new Error(`answered ${statusOf(head)}`))
      socket.destroy()
      return () => {}
    })
  })

/** The greatest growth of a contestant's resident memory, in MiB, while one body passes. */
const growthDuring = async (pids, pass) => {
  const before = residentBytes(pids)
  let peak = before
  const sampler = setInterval(() => (peak = Math.max(peak, residentBytes(pids))), SAMPLE_MS)
  try {
    await pass()
  } finally {
    clearInterval(sampler)
  }
  return { beforeMib: before / MIB, growthMib: (Math.max(peak, residentBytes(pids)) - before) / MIB }
}

const folder = mkdtempSync(join(tmpdir(), 'hazel-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const upstreamPort = await startService()
const mib = Number(options.mib)
const bytesPerSecond = Number(options.rate) * MIB
const wanted = options.only.split(',')
let failed = false

console.log(`| ${mib} MiB, read at ${options.rate} MiB/s | direction | RSS before, MiB | growth, MiB |\n|---|---|--:|--:|`)
for (const contestant of contestants.filter(({ name }) => wanted.includes(name))) {
  const missing = contestant.missing(false)
  for (const direction of missing === null ? options.directions.split(',') : []) {
    const port = await freePort()
    const env = { PORT: String(port), UPSTREAM: `127.0.0.1:${upstreamPort}` }
    const pass = direction === 'down' ? download : upload
    let server = null
    try {
      server = await startServer(contestant.command({ port, upstreamPort, folder }), env, port)
      for (let i = 0; i < WARM_UPS; i++) await pass(port, WARM_MIB, UNLIMITED)
      const { beforeMib, growthMib } = await growthDuring(processTree(server.pid), () => pass(port, mib, bytesPerSecond))
      console.log(`| ${contestant.title} | ${direction} | ${beforeMib.toFixed(0)} | ${growthMib.toFixed(1)} |`)
      if (contestant.name.startsWith('ours') && growthMib >= MOST_GROWTH_MIB) failed = true
    } catch (error) {
      console.log(`| ${contestant.title} | ${direction} | failed: ${error.message} | |`)
      failed = true
    }
    if (server !== null) await stopServer(server)
  }
  if (missing !== null) console.log(`| ${contestant.title} | | ${missing} | |`)
}
console.log(`\nThe bar for our gateway: growth below ${MOST_GROWTH_MIB} MiB.`)
process.exit(failed ? 1 : 0)
