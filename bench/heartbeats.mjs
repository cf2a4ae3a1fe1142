// What do 1,000 instances of 50 services cost one Redis? `pnpm bench:heartbeats`; needs redis-server on the PATH.
// Real backends on 50 real connections; a gateway watches all services. The heartbeats of several minutes are sent in a few seconds, one after
// the other on each connection, and the cost of one is multiplied by how many there are at the real ttl.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { RedisRegistryBackend } from '@hazeljs/discovery'
import { Redis } from 'ioredis'
import { describeMachine, freePort, startServer, stopServer } from './machine.mjs'
import { givenArguments, wholeNumber } from './options.mjs'
import { cpuMicros } from './process-stats.mjs'

const HEARTBEATS_PER_TTL = 3
const WARM_ROUNDS = 2

const { values } = parseArgs({
  args: givenArguments(),
  options: {
    instances: { type: 'string', default: '1000' },
    services: { type: 'string', default: '50' },
    ttl: { type: 'string', default: '90' }, // seconds
    rounds: { type: 'string', default: '100' }, // heartbeats of each instance that are measured
  },
})
const instances = wholeNumber('instances', values.instances, 1, 100_000)
const services = wholeNumber('services', values.services, 1, instances)
const ttl = wholeNumber('ttl', values.ttl, 1, 86_400)
const rounds = wholeNumber('rounds', values.rounds, 1, 1_000)

const instanceOf = (index) => {
  const name = `service-${index % services}`
  const host = `10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`
  const times = { lastHeartbeat: Date.now(), registeredAt: Date.now() }
  const details = { metadata: { version: '2.0.0', weight: 80 }, zone: 'us-east-1', tags: ['api', 'v2'], status: 'UP' }
  return { id: `${name}:${host}:3000`, name, host, port: 3000, protocol: 'http', ...details, ...times }
}

const port = await freePort()
const server = await startServer(['redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no']], {}, port)
const clients = Array.from({ length: services + 1 }, () => new Redis(port, '127.0.0.1'))
const backends = clients.map((client) => new RedisRegistryBackend(client, { ttl }))
const [gateway, ...owners] = backends
const registered = Array.from({ length: instances }, (_, index) => instanceOf(index))
const mine = owners.map((_, owner) => registered.filter((_instance, index) => index % services === owner))

const serverNumbers = async () => {
  const info = await clients[0].info('stats')
  const number = (name) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1])
  return { inBytes: number('total_net_input_bytes'), outBytes: number('total_net_output_bytes') }
}

/** What `work`, done `times`, cost at each end and on the wire. */
const cost = async (times, work) => {
  const before = { ...(await serverNumbers()), server: cpuMicros([server.pid]), client: process.cpuUsage() }
  const startMs = performance.now()
  await work()
  const tookMs = performance.now() - startMs
  const client = process.cpuUsage(before.client)
  const serverMicros = cpuMicros([server.pid]) - before.server
  const after = await serverNumbers()
  return {
    times,
    tookMs,
    serverMicros: serverMicros / times,
    clientMicros: (client.user + client.system) / times,
    inBytes: (after.inBytes - before.inBytes) / times,
    outBytes: (after.outBytes - before.outBytes) / times,
  }
}

const onEach = (work) =>
  Promise.all(
    owners.map(async (owner, index) => {
      for (const instance of mine[index]) await work(owner, instance)
    }),
  )
const beat = async (count) => {
  for (let round = 0; round < count; round++) await onEach((owner, { id }) => owner.heartbeat(id))
}

let changes = 0
const stops = Array.from({ length: services }, (_, index) => gateway.watch(`service-${index}`, () => changes++))
await pause(200)
const registering = await cost(instances, () => onEach((owner, instance) => owner.register(instance)))
await beat(WARM_ROUNDS)
const heartbeats = await cost(instances * rounds, () => beat(rounds))
const listing = await cost(services, async () => {
  for (let index = 0; index < services; index++) await gateway.getInstances(`service-${index}`)
})
const changing = await cost(instances, () => onEach((owner, { id }) => owner.updateStatus(id, 'DOWN')))
const memory = /used_memory:(\d+)/.exec(await clients[0].info('memory'))?.[1]

stops.forEach((stop) => stop())
await Promise.all(backends.map((backend) => backend.close()))
clients.forEach((client) => client.disconnect())
await stopServer(server)

const machine = describeMachine(null)
const version = JSON.parse(readFileSync(new URL(import.meta.resolve('ioredis/package.json')), 'utf8')).version
const beatsPerSecond = (instances * HEARTBEATS_PER_TTL) / ttl
const row = (what, { serverMicros, clientMicros, inBytes, outBytes }) =>
  `| ${what} | ${serverMicros.toFixed(1)} | ${clientMicros.toFixed(1)} | ${inBytes.toFixed(0)} | ${outBytes.toFixed(0)} |`

console.log(
  `${instances} instances of ${services} services, ttl ${ttl} s, one gateway that watches all; ${machine.cores} × ${machine.cpu},`,
)
console.log(
  `Node ${machine.node}, ioredis ${version}; ${heartbeats.times} heartbeats measured in ${(heartbeats.tookMs / 1e3).toFixed(1)} s.\n`,
)
console.log('| one | server, CPU-µs | clients, CPU-µs | bytes to Redis | bytes from Redis |\n|---|--:|--:|--:|--:|')
console.log(row('heartbeat', heartbeats))
console.log(row('registration, told to the watch', registering))
console.log(row('change of a status, told to the watch', changing))
console.log(row(`listing of ${Math.round(instances / services)} instances`, listing))
console.log(`\nAt this ttl there are ${beatsPerSecond.toFixed(1)} heartbeats a second:`)
console.log(`${((beatsPerSecond * heartbeats.serverMicros) / 1e4).toFixed(3)} % of a core of the server,`)
console.log(
  `${((beatsPerSecond * (heartbeats.inBytes + heartbeats.outBytes)) / 1e3).toFixed(1)} kB/s on the wire for all instances together.`,
)
console.log(`The watch was told ${changes} times, and never of a heartbeat. Redis uses ${(Number(memory) / 2 ** 20).toFixed(1)} MiB.`)
