// The gateway under everything at once, for minutes: does it stay as it was? `pnpm bench:soak`, after `pnpm build`. README.md says what is held against it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine.mjs'
import { fromWhereTyped, givenArguments, wholeNumber } from './options.mjs'
import { INSTANCES } from './soak/calls.mjs'
import { runClients, Tally } from './soak/load.mjs'
import { missedBars, report } from './soak/verdict.mjs'

const USAGE = `Usage: pnpm bench:soak [options]
  --minutes N      of load                                    (default 10)
  --seconds N      in place of minutes, at least 10
  --callers N      clients with one request under way each    (default 48)
  --json FILE      every sample and count`
/** In it the gateway's idle connections end (2 s), and whatever was called off. */
const QUIET_MS = 5_000
const SAMPLES = 60

const children = []
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const start = async (file, argument, execArgv = []) => {
  const child = fork(fileURLToPath(new URL(`soak/${file}`, import.meta.url)), [argument], { execArgv })
  children.push(child)
  child.on('exit', (code, signal) => {
    if (process.exitCode !== undefined) return
    console.error(`${file} ended with ${code ?? signal}`)
    process.exit(1)
  })
  const [{ port }] = await once(child, 'message')
  return { child, port }
}

const ask = async ({ child }, order) => {
  child.send(order)
  const [told] = await once(child, 'message')
  return told
}

const openFiles = (pid) => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0 // only Linux tells
  }
}

const sampleAll = async (gateway, upstreams) => {
  const told = await ask(gateway, 'sample')
  const open = await Promise.all(upstreams.map((upstream) => ask(upstream, 'open')))
  return { ...told, files: openFiles(gateway.child.pid), upstreamSockets: open.reduce((sum, one) => sum + one.open, 0) }
}

const soak = async ({ seconds, callers }) => {
  const upstreams = await Promise.all(Array.from({ length: INSTANCES + 1 }, (_, number) => start('upstream.mjs', String(number))))
  const gateway = await start('gateway.mjs', JSON.stringify(upstreams.map(({ port }) => port)), ['--expose-gc'])
  const tally = new Tally()
  const before = await sampleAll(gateway, upstreams)

  const state = { running: true }
  const clients = runClients(gateway.port, callers, tally, state)
  gateway.child.send('swap')
  const startedAt = performance.now()
  const samples = []
  for (let next = 1; next <= SAMPLES; next++) {
    await pause(Math.max(0, startedAt + (next * seconds * 1_000) / SAMPLES - performance.now()))
    const atMs = performance.now() - startedAt
    samples.push({ atMs, ...(await sampleAll(gateway, upstreams)) })
  }
  state.running = false
  gateway.child.send('rest')
  await clients
  await pause(QUIET_MS)
  const after = await sampleAll(gateway, upstreams)
  return { samples, before, after, tally, seconds, machine: { ...describeMachine(null), generator: 'soak/load.mjs' } }
}

const main = async () => {
  const text = (value) => ({ type: 'string', ...(value === undefined ? {} : { default: value }) })
  const { values } = parseArgs({
    args: givenArguments(),
    options: { minutes: text('10'), seconds: text(), callers: text('48'), json: text(), help: { type: 'boolean', default: false } },
  })
  if (values.help) return console.log(USAGE)
  const seconds =
    values.seconds === undefined ? wholeNumber('minutes', values.minutes, 1, 120) * 60 : wholeNumber('seconds', values.seconds, 10, 7_200)
  const result = await soak({ seconds, callers: wholeNumber('callers', values.callers, 1, 1_000) })
  const verdict = missedBars(result)
  console.log(report(result, verdict))
  if (values.json !== undefined) {
    const { tally, ...rest } = result
    const all = { ...rest, ...verdict, counts: Object.fromEntries(tally.counts), examples: Object.fromEntries(tally.examples) }
    writeFileSync(fromWhereTyped(values.json), `${JSON.stringify(all, null, 2)}\n`)
  }
  process.exitCode = verdict.missed.length === 0 ? 0 : 1
  process.exit()
}

main().catch((error) => {
  console.error(error.stack)
  process.exit(1)
})
