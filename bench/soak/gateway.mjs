// The gateway of the soak, every policy on, in a process of its own. Argument: the ports of its instances as JSON, the last one the mirror's. It
// swaps its routes all the time, and says over IPC how it is. Wants --expose-gc.
import process from 'node:process'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { MemoryRegistryBackend, ServiceRegistry } from '@hazeljs/discovery'
import { GatewayServer } from '@hazeljs/gateway'

const SWAP_MS = 2_000
const ports = JSON.parse(process.argv[2])
const mirrorPort = ports.pop()

const backend = new MemoryRegistryBackend()
for (const [index, port] of ports.entries())
  await new ServiceRegistry({ name: 'service', port, metadata: { version: index === 0 ? 'v2' : 'v1' } }, backend).register()
await new ServiceRegistry({ name: 'shadow', port: mirrorPort }, backend).register()

/** Each third time another route, whose breaker, limits and metrics begin anew; else the same as ever. */
const routesOf = (round) => [
  {
    path: '/soak/**',
    serviceName: 'service',
    versionRoute: { strategy: 'header', defaultVersion: 'v1', routes: { v1: { weight: 60 }, v2: { weight: 40 } } },
    trafficPolicy: {
      timeout: 30_000 + Math.floor(round / 3),
      attemptTimeout: '2s',
      maxBodyBytes: 10_000_000,
      retry: { maxAttempts: 3, baseDelay: 2, maxDelay: 20, jitter: true },
      circuitBreaker: { failureThreshold: 95, slidingWindow: { type: 'count', size: 100 }, resetTimeout: '1s' },
      rateLimit: { strategy: 'token-bucket', max: 1_000_000_000, window: '1s', key: 'ip' },
      bulkhead: { maxConcurrent: 1_000, maxQueue: 1_000 },
      mirror: { service: 'shadow', percentage: 5 },
    },
  },
  { path: `/round/${round}`, serviceName: 'service' },
]

const gateway = GatewayServer.fromConfig(
  {
    discovery: { outlierDetection: true },
    middleware: { requestId: true, cors: true, logging: true },
    trustedProxies: ['127.0.0.1'], // so that ids of requests are the load's
    upstream: { keepAlive: '2s' }, // so that idle connections are gone when the quiet is over
    routes: routesOf(0),
  },
  backend,
  { logger: { debug() {}, info() {}, warn() {}, error: (fields, message) => faults.push(`${message}: ${JSON.stringify(fields)}`) } },
)

const faults = []
const noteFault = (kind) => (reason) => faults.push(`${kind}: ${reason?.stack ?? reason}`)
for (const event of ['uncaughtException', 'unhandledRejection', 'warning']) process.on(event, noteFault(event))

const counted = (names) => names.reduce((counts, name) => ({ ...counts, [name]: (counts[name] ?? 0) + 1 }), {})
const listenersOf = (handle) =>
  typeof handle.eventNames === 'function' ? Math.max(0, ...handle.eventNames().map((event) => handle.listenerCount(event))) : 0

const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()
const sample = () => {
  globalThis.gc()
  const { rss, heapUsed } = process.memoryUsage()
  const told = {
    rss,
    heapUsed,
    resources: counted(process.getActiveResourcesInfo()),
    mostListeners: Math.max(...process._getActiveHandles().map(listenersOf)), // no public way to see all sockets of a process
    delayP99Ms: delay.percentile(99) / 1e6,
    faults: faults.slice(0, 5),
  }
  delay.reset()
  return told
}

const { port } = await gateway.listen({ port: 0, host: '127.0.0.1' })
let round = 0
let swapping
process.on('message', (order) => {
  if (order === 'sample') process.send(sample())
  if (order === 'swap') swapping = setInterval(() => gateway.replaceRoutes(routesOf(++round)), SWAP_MS)
  if (order === 'rest') clearInterval(swapping)
})
process.send({ port })
