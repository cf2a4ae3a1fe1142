// What mirroring every request costs the requests themselves: one route without a mirror, and the same with one that is well, dead or hung.
// README.md says how to read it.
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureCommand, hasCommand } from '../scripts/commands.mjs'
import { checkContestant } from './check.mjs'
import { complaintAbout, runLoad } from './load/generator.mjs'
import { chooseCores, describeMachine, freePort, pinned, startServer, stopServer } from './machine.mjs'
import { fromWhereTyped, givenArguments, pick, wholeNumber } from './options.mjs'
import { cpuMicros, processTree, residentBytes, waitedMicros } from './process-stats.mjs'
import { disturbanceLine, machineLine, table } from './report.mjs'
import { summarize } from './statistics.mjs'
import { workloads as everyWorkload } from './workloads.mjs'

const PLAIN = 'none'
/** A mirror that is away may make the 99th percentile of the requests so much longer. */
const MOST_P99 = 1.25
/** The services that copies go to; `judged`: the bar is theirs. */
const MIRRORS = [
  { name: PLAIN, title: 'no mirror', judged: false },
  { name: 'healthy', title: 'mirror that answers', judged: false },
  { name: 'diff', title: 'mirror that answers, answers compared', judged: false },
  { name: 'dead', title: 'mirror that refuses connections', judged: true },
  { name: 'hung', title: 'mirror that never answers', judged: true },
]

const USAGE = `Usage: pnpm bench:mirror [options]
  --rounds N          how often each is measured              (default 7)
  --seconds N         of each measurement, whole              (default 4)
  --warmup N          seconds of load before each, whole      (default 2)
  --connections N     kept open, one request in flight each   (default 64)
  --workloads a,b     (${everyWorkload.map(({ name }) => name).join(', ')}; default: small-get,post)
  --only a,b          mirrors; the route without one always runs (${MIRRORS.map(({ name }) => name).join(', ')})
  --cores LOAD,PROXY  which cores to pin to                   (default: the first two allowed)
  --json FILE         every measurement and the summaries
  --no-install        never install wrk with apt`

const readOptions = () => {
  const text = (value) => ({ type: 'string', ...(value === undefined ? {} : { default: value }) })
  const { values } = parseArgs({
    args: givenArguments(),
    options: {
      rounds: text('7'),
      seconds: text('4'),
      warmup: text('2'),
      connections: text('64'),
      workloads: text('small-get,post'),
      only: text(),
      cores: text(),
      json: text(),
      'no-install': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    help: values.help,
    rounds: wholeNumber('rounds', values.rounds, 1, 100),
    seconds: wholeNumber('seconds', values.seconds, 1, 60),
    warmup: wholeNumber('warmup', values.warmup, 1, 60),
    connections: wholeNumber('connections', values.connections, 1, 1_000),
    workloads: pick('workloads', everyWorkload, values.workloads),
    mirrors: pick('only', MIRRORS, values.only === undefined ? undefined : `${PLAIN},${values.only}`),
    cores: values.cores,
    json: values.json,
    mayInstall: !values['no-install'],
  }
}

/** Takes connections and reads what comes, and that is all. */
const startHung = () =>
  new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.on('error', () => socket.destroy()).resume())
    server.on('error', reject).listen(0, '127.0.0.1', () => resolve(server.address().port))
  })

const environmentOf = ({ name }, { upstreamPort, mirrorPorts }) => ({
  UPSTREAM: `127.0.0.1:${upstreamPort}`,
  ...(name === PLAIN ? {} : { MIRROR_PORT: String(mirrorPorts[name]) }),
  ...(name === 'diff' ? { DIFF: '1' } : {}),
})

/** In a process of its own, so that nobody inherits another's connections and heap. */
const measure = async (mirror, workload, bench) => {
  const { seconds, warmup, connections } = bench.options
  const port = await freePort()
  const file = fileURLToPath(new URL('./contestants/ours-mirror.mjs', import.meta.url))
  const command = pinned(bench.cores?.proxy, process.execPath, [file])
  const server = await startServer(command, { PORT: String(port), ...environmentOf(mirror, bench) }, port)
  try {
    const wireBytes = await checkContestant(port, bench.options.workloads)
    const pids = processTree(server.pid)
    const load = { useWrk: bench.useWrk, core: bench.cores?.load, port, workload, connections }
    await runLoad({ ...load, seconds: warmup })
    const before = { cpu: cpuMicros(pids), waited: waitedMicros(pids), at: performance.now() }
    const result = await runLoad({ ...load, seconds })
    const wallMicros = (performance.now() - before.at) * 1e3
    const cpu = cpuMicros(pids) - before.cpu
    const complaint = complaintAbout(result, wireBytes.get(workload.name))
    if (complaint !== null) throw new Error(complaint)
    return {
      cpuMicros: cpu / result.requests,
      requestsPerSecond: (result.requests / result.micros) * 1e6,
      p50Ms: result.p50 / 1e3,
      p99Ms: result.p99 / 1e3,
      rssMiB: residentBytes(pids) / 2 ** 20,
      busy: cpu / wallMicros,
      waited: (waitedMicros(pids) - before.waited) / wallMicros,
    }
  } finally {
    await stopServer(server)
  }
}

const runRound = async (round, bench, measurements) => {
  const { workloads, mirrors } = bench.options
  for (const workload of workloads) {
    for (let i = 0; i < mirrors.length; i++) {
      const mirror = mirrors[(i + round) % mirrors.length]
      const outcome = { round, workload: workload.name, contestant: mirror.name }
      try {
        const sample = await measure(mirror, workload, bench)
        measurements.push({ ...outcome, sample, complaint: null })
        console.error(`round ${round + 1}, ${mirror.name}, ${workload.name}: p99 ${sample.p99Ms.toFixed(2)} ms`)
      } catch (error) {
        measurements.push({ ...outcome, sample: null, complaint: error.message })
        console.error(`round ${round + 1}, ${mirror.name}, ${workload.name}: ${error.message}`)
      }
    }
  }
}

/** Those that are to be judged and are over the bar, or were not measured. */
const failuresOf = (mirrors, summaries) =>
  summaries.filter(({ contestant, rounds, metrics }) => {
    const { judged } = mirrors.find(({ name }) => name === contestant)
    return rounds === 0 || (judged && !(metrics.p99Ms.ratio <= MOST_P99))
  })

const main = async () => {
  const options = readOptions()
  if (options.help) return console.log(USAGE)
  const cores = chooseCores(options.cores)
  const useWrk = options.mayInstall ? ensureCommand('wrk') : hasCommand('wrk')
  const upstreamFile = fileURLToPath(new URL('./upstream.mjs', import.meta.url))
  const startUpstream = async () => {
    const port = await freePort()
    await startServer(pinned(cores?.load, process.execPath, [upstreamFile]), { PORT: String(port) }, port)
    return port
  }
  const upstreamPort = await startUpstream()
  const healthy = await startUpstream()
  const mirrorPorts = { healthy, diff: healthy, dead: await freePort(), hung: await startHung() }
  const bench = { options, cores, useWrk, upstreamPort, mirrorPorts }
  const measurements = []
  for (let round = 0; round < options.rounds; round++) await runRound(round, bench, measurements)

  const machine = { ...describeMachine(cores), generator: useWrk ? 'wrk' : 'load/node-load.mjs' }
  const { rounds, seconds, connections, mirrors } = options
  console.log(`\n${machineLine(machine)}\n${rounds} rounds of ${seconds} s, ${connections} connections. ${disturbanceLine(measurements)}\n`)
  const summaries = options.workloads.flatMap((workload) => {
    const lines = mirrors.map(({ name, title }) => ({ title, summary: summarize(measurements, workload.name, name, PLAIN) }))
    console.log(table(workload, lines))
    return lines.map(({ summary }) => summary)
  })
  if (options.json !== undefined)
    writeFileSync(fromWhereTyped(options.json), `${JSON.stringify({ machine, options, summaries, measurements }, null, 2)}\n`)
  const failures = failuresOf(mirrors, summaries)
  for (const { contestant, workload, metrics } of failures)
    console.log(`${contestant}, ${workload}: p99 ${metrics.p99Ms?.ratio?.toFixed(2) ?? 'not measured'}; at most ${MOST_P99} was wanted`)
  process.exit(failures.length === 0 ? 0 : 1)
}

main().catch((error) => {
  console.error(error.message)
  process.exit(1)
})
