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
/** A rollout that has not ended by then is given up. Counted in pauses, so that a busy machine has longer. */
const rolloutLimitMs = 8_000
const drawEveryMs = 100
const lineEveryMs = 1_000
/** A failing canary at 10 per cent shows fewer than 20 errors to clients. */
const toleratedErrors = 19

interface Rollout {
  readonly stable: string
  readonly canary: string
  readonly fallbackToStable: boolean
  readonly heading: string
  readonly ends: 'PROMOTED' | 'ROLLED_BACK'
  /** So many errors of the canary may reach clients. */
  readonly mostErrors: number
}

const rollouts: readonly Rollout[] = [
  {
    stable: '1.0.0',
    canary: '1.1.0',
    fallbackToStable: false,
    heading: 'Release 1.1.0 is as good as 1.0.0, which fails once in 200 requests.',
    ends: 'PROMOTED',
    mostErrors: toleratedErrors,
  },
  {
    stable: '1.1.0',
    canary: '1.2.0',
    fallbackToStable: false,
    heading: 'Release 1.2.0 fails once in 20.',
    ends: 'ROLLED_BACK',
    mostErrors: toleratedErrors,
  },
  {
    stable: '1.1.0',
    canary: '1.3.0',
    fallbackToStable: true,
    heading: 'Release 1.3.0 does so too; with fallbackToStable, stable answers what failed.',
    ends: 'ROLLED_BACK',
    mostErrors: 0,
  },
]

/** Three releases of a service behind a gateway, under load: a good one that is promoted, and two bad ones that are rolled back. */
export async function runCanary({ stop, print }: DemoContext): Promise<void> {
  const backend = new MemoryRegistryBackend()
  const gateway = GatewayServer.fromConfig({ routes: [routeOf(rollouts[0] as Rollout)] }, backend)
  const { stdout } = process
  const display = new LiveDisplay(stdout)
  gateway.on('canary:decision', ({ action, reason }) => {
    if (!display.isLive && action !== 'hold') display.print(`! ${action}: ${reason}`)
  })
  gateway.startCanaries()
  const services: RunningService[] = []
  let clients: Clients | undefined
  try {
    services.push(
      ...(await startReleases(
        [
          { version: '1.0.0', failsEvery: 200 },
          { version: '1.1.0', failsEvery: 200 },
          { version: '1.2.0', failsEvery: 20 },
          { version: '1.3.0', failsEvery: 20 },
        ],
        backend,
      )),
    )
    const { url } = await gateway.listen({ port: 0, host: '127.0.0.1' })
    clients = startClients(`${url}${path}`, 12)

    const missed: string[] = []
    for (const rollout of rollouts) {
      gateway.replaceRoutes([routeOf(rollout)])
      const before = clients.seen.length
      display.print(`\n${rollout.heading}`)
      const status = await watch(engineOf(gateway), display, stdout.isTTY && stdout.hasColors() ? styleText : noPaint, stop)
      const errors = clients.seen.slice(before).filter(({ failed, version }) => failed && version === rollout.canary).length
      if (stop.aborted) return
      display.print(`Errors of ${rollout.canary} that clients saw: ${errors}.`)
      missed.push(...complaints(rollout, status, errors))
    }
    conclude(missed, print)
  } finally {
    await clients?.stop()
    await gateway.close({ drainTimeout: '2s' })
    await Promise.all(services.map((one) => one.stop()))
  }
}

function routeOf({ stable, canary, fallbackToStable }: Rollout): GatewayRouteDefinition {
  return {
    path,
    serviceName: service,
    canary: {
      stable: { version: stable, weight: 90 },
      canary: { version: canary, weight: 10 },
      fallbackToStable,
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

function complaints({ canary, ends, mostErrors }: Rollout, { state, verdict }: CanaryStatus, errors: number): string[] {
  return [
    state === ends ? [] : [`${canary} is ${state} and not ${ends}: ${verdict.reason}`],
    errors <= mostErrors ? [] : [`clients saw ${errors} errors of ${canary}, and ${mostErrors} at most were expected`],
  ].flat()
}

/** Says whether what the demo claims came true, and makes the process end with 1 where it did not. */
function conclude(missed: readonly string[], print: (text: string) => void): void {
  for (const text of missed) print(`That was not to happen: ${text}.`)
  if (missed.length > 0) process.exitCode = 1
  else print('\nThe good release was promoted, and the bad ones were rolled back.')
}
