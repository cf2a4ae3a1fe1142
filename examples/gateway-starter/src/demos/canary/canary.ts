import { MemoryRegistryBackend } from '@hazeljs/discovery'
import { type CanaryEngine, type CanaryStatus, type GatewayRouteDefinition, GatewayServer } from '@hazeljs/gateway'
import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import type { DemoContext } from '../../demo.js'
import type { RunningService } from '../../services/service.js'
import { type Clients, startClients } from './clients.js'
import { LiveDisplay } from './live-display.js'
import { service, startReleases } from './order-releases.js'
import { noPaint, type Paint, rolloutLine, rolloutView } from './rollout-view.js'

const path = '/orders'
/** Two rollouts, the setting up and the clearing away last 20 s together at most. */
const rolloutLimitMs = 9_000
const drawEveryMs = 100
const lineEveryMs = 1_000
/** The bar that a failing canary at 10 per cent is held to. */
const toleratedErrors = 20

/** Two releases of a service behind a gateway, under load: a good one that is promoted, and a bad one that is rolled back. */
export async function runCanary({ stop, print }: DemoContext): Promise<void> {
  const { stdout } = process
  const paint: Paint = stdout.isTTY && stdout.hasColors() ? styleText : noPaint
  const display = new LiveDisplay(stdout)
  const backend = new MemoryRegistryBackend()
  const gateway = GatewayServer.fromConfig({ routes: [canaryRoute('1.0.0', '1.1.0')] }, backend)
  const services: RunningService[] = []
  let clients: Clients | undefined
  gateway.on('canary:decision', ({ action, reason }) => {
    if (!display.isLive && action !== 'hold') display.print(`! ${action}: ${reason}`)
  })
  gateway.startCanaries()
  try {
    services.push(
      ...(await startReleases(
        [
          { version: '1.0.0', failsEvery: 200 },
          { version: '1.1.0', failsEvery: 200 },
          { version: '1.2.0', failsEvery: 20 },
        ],
        backend,
      )),
    )
    const { url } = await gateway.listen({ port: 0, host: '127.0.0.1' })
    clients = startClients(`${url}${path}`, 12)

    display.print('\nRelease 1.1.0 is as good as 1.0.0, which fails once in 200 requests.')
    const good = await watch(engineOf(gateway), display, paint, stop)

    display.print('\nRelease 1.2.0 fails once in 20.')
    const before = clients.seen.length
    gateway.replaceRoutes([canaryRoute('1.1.0', '1.2.0')])
    const bad = await watch(engineOf(gateway), display, paint, stop)
    await clients.stop()

    if (stop.aborted) return
    const seen = clients.seen.slice(before)
    const errors = seen.filter(({ failed }) => failed).length
    const ofCanary = seen.filter(({ failed, version }) => failed && version === '1.2.0').length
    print(`\nOf 1.2.0 the clients saw ${ofCanary} errors, of all versions ${errors}, in ${seen.length} requests.`)
    report(good, bad, errors, print)
  } finally {
    await clients?.stop()
    await gateway.close({ drainTimeout: '2s' })
    await Promise.all(services.map((one) => one.stop()))
  }
}

function canaryRoute(stable: string, canary: string): GatewayRouteDefinition {
  return {
    path,
    serviceName: service,
    canary: {
      stable: { version: stable, weight: 90 },
      canary: { version: canary, weight: 10 },
      promotion: { strategy: 'error-rate', errorThreshold: 5, steps: [10, 50, 100], stepInterval: '1500ms', minRequests: 50 },
    },
  }
}

function engineOf(gateway: GatewayServer): CanaryEngine {
  const engine = gateway.getCanaryEngine(path)
  if (engine === undefined) throw new Error(`${path} has no canary`)
  return engine
}

/** Shows a rollout until it has ended, somebody stops the demo, or its time is over. */
async function watch(engine: CanaryEngine, display: LiveDisplay, paint: Paint, stop: AbortSignal): Promise<CanaryStatus> {
  let status = engine.getStatus()
  for (let ms = 0; ms < rolloutLimitMs && !stop.aborted; ms += drawEveryMs) {
    status = engine.getStatus()
    display.draw(rolloutView(status, paint))
    if (!display.isLive && ms % lineEveryMs === 0) display.print(rolloutLine(status))
    if (status.state === 'PROMOTED' || status.state === 'ROLLED_BACK') break
    await sleep(drawEveryMs)
  }
  display.keep()
  return status
}

/** Says whether what the demo claims came true, and makes the process end with 1 where it did not. */
function report(good: CanaryStatus, bad: CanaryStatus, errors: number, print: (text: string) => void): void {
  const missed = [
    good.state === 'PROMOTED' ? [] : [`1.1.0 was not promoted: ${good.state}, ${good.verdict.reason}`],
    bad.state === 'ROLLED_BACK' ? [] : [`1.2.0 was not rolled back: ${bad.state}, ${bad.verdict.reason}`],
    errors < toleratedErrors ? [] : [`clients saw ${errors} errors, and fewer than ${toleratedErrors} were expected`],
  ].flat()
  if (missed.length === 0) {
    print('The good release was promoted, and the bad one was rolled back.')
    return
  }
  for (const text of missed) print(`That was not to happen: ${text}.`)
  process.exitCode = 1
}
