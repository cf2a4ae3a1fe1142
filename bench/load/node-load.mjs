// The load generator for machines without wrk: bare sockets, one request in flight on each. Arguments: port, workload, connections, seconds.
// It costs more CPU than wrk, so with it fast proxies may wait for their load: the `busy` column tells.
import net from 'node:net'
import process from 'node:process'
import { workloadRequest } from '../check.mjs'
import { AnswerReader } from '../http-message.mjs'
import { workloads } from '../workloads.mjs'

const ANSWER_TIMEOUT_MS = 2_000

const [port, name, connections, seconds] = process.argv.slice(2)
const workload = workloads.find((candidate) => candidate.name === name)
const request = workloadRequest(workload)
const latencies = []
const total = { requests: 0, bytes: 0, badStatus: 0, broken: 0, timeouts: 0 }
const startedAt = performance.now()
let running = true

const connect = () => {
  const reader = new AnswerReader()
  const socket = net.connect(+port, '127.0.0.1')
  let sentAt = 0
  const send = () => {
    sentAt = performance.now()
    socket.write(request)
  }
  socket.setNoDelay(true)
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
    total.timeouts++
    socket.destroy()
  })
  socket.on('error', () => {})
  socket.on('connect', send)
  socket.on('close', () => {
    if (!running) return
    total.broken++
    setTimeout(connect, 10)
  })
  socket.on('data', (chunk) => {
    if (!running) return
    for (const answer of reader.push(chunk)) {
      total.requests++
      total.bytes += answer.wireBytes
      if (answer.status >= 400) total.badStatus++
      latencies.push(performance.now() - sentAt)
      send()
    }
  })
  return socket
}

for (let i = 0; i < +connections; i++) connect()

setTimeout(() => {
  running = false
  const micros = Math.round((performance.now() - startedAt) * 1e3)
  const sorted = Float64Array.from(latencies).sort()
  const percentile = (share) => Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 1e3)
  console.log(`RESULT ${JSON.stringify({ ...total, micros, p50: percentile(0.5), p99: percentile(0.99) })}`)
  process.exit(0)
}, +seconds * 1e3)
