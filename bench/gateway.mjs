// The whole-gateway benchmark: our gateway and its peers in front of one service, each as a ratio to the floor. README.md says how to read it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureCommand, hasCommand } from '../scripts/commands.mjs'
import { checkContestant } from './check.mjs'
import { FLOOR, contestants as everyone } from './contestants.mjs'
import { complaintAbout, runLoad } from './load/generator.mjs'
import { chooseCores, describeMachine, freePort, pinned, startServer, stopServer } from './machine.mjs'
import { fromWhereTyped, givenArguments, pick, wholeNumber } from './options.mjs'
import { cpuMicros, processTree, residentBytes, waitedMicros } from './process-stats.mjs'
import { disturbanceLine, machineLine, table } from './report.mjs'
import { summarize } from './statistics.mjs'
import { workloads as everyWorkload } from './workloads.mjs'

const USAGE = `Usage: pnpm bench:gateway [options]
  --rounds N          how often everyone is measured          (default 5)
  --seconds N         of each measurement, whole              (default 4)
  --warmup N          seconds of load before each, whole      (default 2; repeated up to 20,000 requests)
  --connections N     kept open, one request in flight each   (default 64)
  --only a,b          contestants; the floor always runs      (${everyone.map(({ name }) => name).join(', ')})
  --workloads a,b     (${everyWorkload.map(({ name }) => name).join(', ')})
  --cores LOAD,PROXY  which cores to pin to                   (default: the first two allowed)
  --json FILE         every measurement and the summaries
  --no-install        never install wrk, nginx or HAProxy with apt
  --node-load         use the generator in Node even where wrk is there`

const readOptions = () => {
  const text = (value) => ({ type: 'string', ...(value === undefined ? {} : { default: value }) })
  const { values } = parseArgs({
    args: givenArguments(),
    options: {
      rounds: text('5'),
      seconds: text('4'),
      warmup: text('2'),
      connections: text('64'),
      only: text(),
      workloads: text(),
      cores: text(),
      json: text(),
      'no-install': { type: 'boolean', default: false },
      'node-load': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    help: values.help,
    rounds: wholeNumber('rounds', values.rounds, 1, 100),
    seconds: wholeNumber('seconds', values.seconds, 1, 60),
    warmup: wholeNumber('warmup', values.warmup, 1, 60),
    connections: wholeNumber('connections', values.connections, 1, 1_000),
    only: pick('only', everyone, values.only === undefined ? undefined : `${FLOOR},${values.only}`),
    workloads: pick('workloads', everyWorkload, values.workloads),
    cores: values.cores,
    json: values.json,
    mayInstall: !values['no-install'],
    nodeLoad: values['node-load'],
  }
}

/** Starts a contestant and lets it prove itself. */
const enter = async (contestant, bench) => {
  const port = await freePort()
  const folder = join(bench.folder, contestant.name)
  mkdirSync(folder, { recursive: true })
  const [file, args] = contestant.command({ port, upstreamPort: bench.upstreamPort, folder })
  const env = { PORT: String(port), UPSTREAM: `127.0.0.1:${bench.upstreamPort}` }
  const server = await startServer(pinned(bench.cores?.proxy, file, args), env, port)
  try {
    const wireBytes = await checkContestant(port, bench.options.workloads)
    return { contestant, server, port, wireBytes, pids: processTree(server.pid) }
  } catch (error) {
    await stopServer(server)
    throw error
  }
}

/** Enough for V8 to have compiled the whole path, also where the machine is slow or has other work. */
const WARM_REQUESTS = 20_000
const MOST_WARMUPS = 6

/** Warms up, then measures: the kernel's accounts of the contestant are read right before and right after the load. */
const measure = async (entered, workload, bench) => {
  const { seconds, warmup, connections } = bench.options
  const load = { useWrk: bench.useWrk, core: bench.cores?.load, port: entered.port, workload, connections }
  for (let warm = 0, i = 0; warm < WARM_REQUESTS && i < MOST_WARMUPS; i++) warm += (await runLoad({ ...load, seconds: warmup })).requests
  const cpuBefore = cpuMicros(entered.pids)
  const waitedBefore = waitedMicros(entered.pids)
  const startedAt = performance.now()
  const result = await runLoad({ ...load, seconds })
  const wallMicros = (performance.now() - startedAt) * 1e3
  const cpu = cpuMicros(entered.pids) - cpuBefore
  const waited = waitedMicros(entered.pids) - waitedBefore
  const complaint = complaintAbout(result, entered.wireBytes.get(workload.name))
  if (complaint !== null) throw new Error(complaint)
  return {
    cpuMicros: cpu / result.requests,
    requestsPerSecond: (result.requests / result.micros) * 1e6,
    p50Ms: result.p50 / 1e3,
    p99Ms: result.p99 / 1e3,
    rssMiB: residentBytes(entered.pids) / 2 ** 20,
    busy: cpu / wallMicros,
    waited: waited / wallMicros,
  }
}

/** Every measurement has a process of its own: one that stood idle while the others had their turns would be measured with a shrunken heap. */
const runRound = async (round, field, bench, measurements) => {
  for (const workload of bench.options.workloads) {
    for (let i = 0; i < field.length; i++) {
      const contestant = field[(i + round) % field.length] // another one starts each round, so nobody always follows the same neighbour's heat
      const outcome = { round, workload: workload.name, contestant: contestant.name }
      try {
        const sample = await measureAfresh(contestant, workload, bench)
        measurements.push({ ...outcome, sample, complaint: null })
        const figures = `${sample.cpuMicros.toFixed(1)} CPU-µs, ${sample.requestsPerSecond.toFixed(0)} req/s`
        console.error(`round ${round + 1}, ${contestant.name}, ${workload.name}: ${figures}`)
      } catch (error) {
        measurements.push({ ...outcome, sample: null, complaint: error.message })
        console.error(`round ${round + 1}, ${contestant.name}, ${workload.name}: ${error.message}`)
      }
    }
  }
}

const measureAfresh = async (contestant, workload, bench) => {
  const entered = await enter(contestant, bench)
  try {
    return await measure(entered, workload, bench)
  } finally {
    await stopServer(entered.server)
  }
}

const main = async () => {
  const options = readOptions()
  if (options.help) return console.log(USAGE)
  const folder = mkdtempSync(join(tmpdir(), 'hazel-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const cores = chooseCores(options.cores)
  const useWrk = !options.nodeLoad && (options.mayInstall ? ensureCommand('wrk') : hasCommand('wrk'))
  if (!useWrk) console.log('load comes from load/node-load.mjs, which costs more CPU than wrk')

  const field = options.only.filter((contestant) => {
    const missing = contestant.missing(options.mayInstall)
    if (missing !== null) console.log(`skipping ${contestant.name}: ${missing}`)
    return missing === null
  })
  const upstreamPort = await freePort()
  const upstreamFile = fileURLToPath(new URL('./upstream.mjs', import.meta.url))
  await startServer(pinned(cores?.load, process.execPath, [upstreamFile]), { PORT: String(upstreamPort) }, upstreamPort)

  const bench = { options, folder, cores, useWrk, upstreamPort }
  const measurements = []
  for (let round = 0; round < options.rounds; round++) await runRound(round, field, bench, measurements)

  const machine = { ...describeMachine(cores), generator: useWrk ? 'wrk' : 'load/node-load.mjs' }
  console.log(
    `\n${machineLine(machine)}\n${options.rounds} rounds of ${options.seconds} s, ${options.connections} connections. ${disturbanceLine(measurements)}\n`,
  )
  const summaries = options.workloads.flatMap((workload) => {
    const lines = field.map(({ name, title }) => ({ title, summary: summarize(measurements, workload.name, name, FLOOR) }))
    console.log(table(workload, lines))
    return lines.map(({ summary }) => summary)
  })
  if (options.json !== undefined)
    writeFileSync(fromWhereTyped(options.json), `${JSON.stringify({ machine, options, summaries, measurements }, null, 2)}\n`)
  process.exit(field.length > 0 && summaries.every(({ rounds }) => rounds > 0) ? 0 : 1)
}

main().catch((error) => {
  console.error(error.message)
  process.exit(1)
})
