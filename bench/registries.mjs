// How soon a registry's truth reaches callers, and what callers notice of a death: on real servers, with instances in processes of their own that
// are killed by SIGKILL. `pnpm bench:registries`, after `pnpm build`.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DiscoveryClient, ServiceClient } from '@hazeljs/discovery'
import { describeMachine } from './machine.mjs'
import { givenArguments, pick, wholeNumber } from './options.mjs'
import { registries, ttlMs } from './registries/field.mjs'
import { hardwareLine } from './report.mjs'
import { median } from './statistics.mjs'

/** The bars of issue C. */
const MOST_FIRST_REQUEST_MS = 50
const MOST_FAILURES = 5
const HEARTBEAT_MS = ttlMs / 3
/** Of the kill until the registry's word has to have arrived: the ttl and one heartbeat. */
const MOST_REMOVAL_MS = ttlMs + HEARTBEAT_MS

const CALLERS = 10
/** Between two registrations: a watch on Consul limits its queries to 10 a second, and one registration takes a few. */
const REST_MS = 500
const usage = `Usage: pnpm bench:registries [options]
  --times N    registrations of each registry   (default 20)
  --only a,b   (${registries.map(({ name }) => name).join(', ')})`

const { values } = parseArgs({
  args: givenArguments(),
  options: { times: { type: 'string', default: '20' }, only: { type: 'string' }, help: { type: 'boolean', default: false } },
})
if (values.help) {
  console.log(usage)
  process.exit()
}
const times = wholeNumber('times', values.times, 1, 1_000)

const until = async (holds, withinMs) => {
  const start = performance.now()
  while (!holds()) {
    if (performance.now() - start > withinMs) throw new Error(`did not happen within ${withinMs} ms`)
    await pause(1)
  }
  return performance.now() - start
}

/** From the call of `register` until a client in use has been answered by the newcomer. */
const firstRequests = async ({ choice, announce }) => {
  const server = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const discovery = new DiscoveryClient(choice)
  const client = new ServiceClient(discovery, { serviceName: 'newcomers', retries: 0 })
  const picker = discovery.picker('newcomers')
  await picker.whenReady()
  const tookMs = []
  for (let time = 0; time < times; time++) {
    const start = performance.now()
    const [withdraw] = await Promise.all([announce('newcomers', server.address().port), until(() => picker.instances.length === 1, 5_000)])
    await client.get('/')
    tookMs.push(performance.now() - start)
    await withdraw()
    await until(() => picker.instances.length === 0, 5_000)
    await pause(REST_MS)
  }
  await client.close()
  await discovery.close()
  server.close()
  return tookMs
}

const startInstance = async ({ choice, hasLeases, announce }) => {
  const instance = fileURLToPath(new URL('registries/instance.mjs', import.meta.url))
  const child = fork(instance, [JSON.stringify(hasLeases ? choice : null)], { execArgv: [] })
  const [{ port }] = await once(child, 'message')
  return { child, port, withdraw: hasLeases ? undefined : await announce('orders', port) }
}

/** Calls without a pause from CALLERS callers until it is stopped. */
const load = (client) => {
  const counts = { calls: 0, failures: 0 }
  let running = true
  const caller = async () => {
    while (running) {
      counts.calls++
      const failed = await client.get('/').then(
        ({ status }) => status !== 200,
        () => true,
      )
      if (failed) counts.failures++
    }
  }
  const ended = Promise.all(Array.from({ length: CALLERS }, caller))
  return { counts, stop: () => ((running = false), ended) }
}

/** Clients that call while an instance dies. Round-robin goes on handing calls to an instance that hangs while it dies; the other does not. */
const kinds = [
  { retries: 0, loadBalancingStrategy: 'least-connections' },
  { retries: 0, loadBalancingStrategy: 'round-robin' },
  { retries: 3, loadBalancingStrategy: 'round-robin' },
]

/** One of three instances is killed under the load of one kind of client. */
const death = async (registry, kind) => {
  const instances = await Promise.all([startInstance(registry), startInstance(registry), startInstance(registry)])
  const discovery = new DiscoveryClient(registry.choice)
  const picker = discovery.picker('orders')
  await until(() => picker.instances.length === 3, 5_000)
  let removedAtMs
  discovery.on('change', ({ removed }) => {
    if (removed.some(({ port }) => port === instances[0].port)) removedAtMs = performance.now()
  })
  const client = new ServiceClient(discovery, { serviceName: 'orders', ...kind })
  const { counts, stop } = load(client)
  await pause(HEARTBEAT_MS)
  instances[0].child.kill('SIGKILL')
  const killedAtMs = performance.now()
  if (registry.hasLeases) await until(() => removedAtMs !== undefined, 2 * MOST_REMOVAL_MS)
  else await pause(HEARTBEAT_MS)
  await stop()
  await client.close()
  for (const { child } of instances) child.kill('SIGKILL')
  if (registry.hasLeases) await until(() => picker.instances.length === 0, 2 * MOST_REMOVAL_MS)
  else await Promise.all(instances.map(({ withdraw }) => withdraw()))
  await discovery.close()
  return { removalMs: registry.hasLeases ? removedAtMs - killedAtMs : undefined, counts }
}

const judged = (value, most, text) => ({ isOver: value !== undefined && value > most, text: `${text} ${value > most ? '**over**' : 'ok'}` })
const whole = (value) => Math.round(value).toLocaleString('en-US')
const failed = ({ failures, calls }) => `${failures} of ${whole(calls)}`

console.log(`${hardwareLine(describeMachine(null))}\n`)
console.log(`ttl ${ttlMs} ms; ${CALLERS} callers a client; one of three instances killed by SIGKILL under load; ${times} registrations.\n`)
const heads = [
  'register → first answer, median (max)',
  'killed → out of the registry',
  'failed, least-connections',
  'failed, round-robin',
  'failed, with retries',
]
console.log(`| | ${heads.join(' | ')} |`)
console.log(`|---|${'--:|'.repeat(heads.length)}`)
let isOver = false
for (const { name, start } of pick('only', registries, values.only)) {
  const registry = await start()
  const tookMs = await firstRequests(registry)
  const [least, inTurns, retried] = [await death(registry, kinds[0]), await death(registry, kinds[1]), await death(registry, kinds[2])]
  await registry.close()
  const removalMs = registry.hasLeases ? Math.max(...[least, inTurns, retried].map((one) => one.removalMs)) : undefined
  const cells = [
    judged(median(tookMs), MOST_FIRST_REQUEST_MS, `${median(tookMs).toFixed(1)} (${Math.max(...tookMs).toFixed(1)}) ms`),
    removalMs === undefined
      ? { isOver: false, text: 'its controller does it' }
      : judged(removalMs, MOST_REMOVAL_MS, `${whole(removalMs)} ms`),
    judged(least.counts.failures, MOST_FAILURES, failed(least.counts)),
    { isOver: false, text: failed(inTurns.counts) },
    judged(retried.counts.failures, 0, failed(retried.counts)),
  ]
  isOver ||= cells.some((cell) => cell.isOver)
  console.log(`| ${name} | ${cells.map(({ text }) => text).join(' | ')} |`)
}
process.exit(isOver ? 1 : 0)
