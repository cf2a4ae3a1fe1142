// One interface over the two load generators. Both keep `connections` requests in flight, each connection sending its next one when the last
// was answered, and both check what comes back: wrk parses every answer and counts statuses and broken connections, and the bytes per
// answer are compared with what the check saw on the wire.
import { fileURLToPath } from 'node:url'
import process from 'node:process'
import { pinned, runCommand } from '../machine.mjs'
import { BODY_TYPE, REQUEST_HEADERS } from '../workloads.mjs'

const beside = (file) => fileURLToPath(new URL(file, import.meta.url))
const RESULT = /^RESULT (.*)$/m
/** Fields whose length varies from answer to answer (a counter, an age) may move the mean by this many bytes. */
const BYTES_TOLERANCE = 16

/**
 * @typedef {object} LoadResult
 * @property {number} requests answered in full
 * @property {number} bytes
 * @property {number} micros
 * @property {number} badStatus answers that are no 2xx or 3xx
 * @property {number} broken connections refused, reset or closed within an answer
 * @property {number} timeouts
 * @property {number} p50 microseconds
 * @property {number} p99 microseconds
 */

const wrkCommand = ({ port, workload, connections, seconds, headers }) => [
  'wrk',
  [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '-s',
    beside('wrk.lua'),
    `http://127.0.0.1:${port}${workload.path}`,
    '--',
    workload.method,
    `${workload.bodyBytes}`,
    ...headers,
  ],
]

const nodeCommand = ({ port, workload, connections, seconds }) => [
  process.execPath,
  [beside('node-load.mjs'), `${port}`, workload.name, `${connections}`, `${seconds}`],
]

/**
 * @param {object} load
 * @param {boolean} load.useWrk
 * @param {number | undefined} load.core
 * @param {number} load.port
 * @param {import('../workloads.mjs').Workload} load.workload
 * @param {number} load.connections
 * @param {number} load.seconds a whole number for wrk
 * @returns {Promise<LoadResult>}
 */
export const runLoad = async (load) => {
  const headers = Object.entries(load.workload.bodyBytes > 0 ? { ...REQUEST_HEADERS, 'Content-Type': BODY_TYPE } : REQUEST_HEADERS).flat()
  const [file, args] = load.useWrk ? wrkCommand({ ...load, headers }) : nodeCommand(load)
  const printed = await runCommand(pinned(load.core, file, args))
  const result = RESULT.exec(printed)
  if (result === null) throw new Error(`the load generator printed no result: ${printed.slice(0, 200)}`)
  return JSON.parse(result[1])
}

/**
 * @param {LoadResult} result
 * @param {number} wireBytes of one right answer
 * @returns {string | null} what is wrong with the run, if anything
 */
export const complaintAbout = (result, wireBytes) => {
  const { requests, bytes, badStatus, broken, timeouts } = result
  if (requests === 0) return 'no request was answered'
  if (badStatus + broken + timeouts > 0)
    return `${badStatus} wrong statuses, ${broken} broken connections, ${timeouts} timeouts in ${requests} requests`
  const mean = bytes / requests
  // At the end of the run some connections have received a part of an answer that is never counted as a request.
  const unfinished = (wireBytes * 1_000) / requests
  if (mean < wireBytes - BYTES_TOLERANCE || mean > wireBytes + BYTES_TOLERANCE + unfinished)
    return `${mean.toFixed(1)} bytes an answer instead of ${wireBytes}`
  return null
}
