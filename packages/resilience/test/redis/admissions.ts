import { Redis } from 'ioredis'

/** A call that was admitted: when, on the server's clock, and for how many it counts. */
interface Admission {
  readonly atUs: number
  readonly cost: number
}

/** A client that says nothing when its server dies, for that is what these tests do to it. */
export function clientOf(port: number): Redis {
  return new Redis(port, '127.0.0.1').on('error', () => undefined)
}

/** Listens to what the limiter's script writes on the server: one SET an admission, with the moment in its value. */
export async function watchAdmissions(port: number, key: string, tokenNs: number) {
  const client = clientOf(port)
  const monitor = await client.monitor()
  const admissions: Admission[] = []
  let lastLevel = 0
  let lastAtUs = 0
  monitor.on('monitor', (_time: string, args: string[], source: string) => {
    if (source !== 'lua' || args[0]?.toUpperCase() !== 'SET' || args[1] !== key) return
    const [level, atUs] = (args[2] ?? '').split(':').map(Number) as [number, number]
    const before = Math.max(0, lastLevel - (atUs - lastAtUs) * 1_000)
    admissions.push({ atUs, cost: Math.round((level - before) / tokenNs) })
    lastLevel = level
    lastAtUs = atUs
  })
  const close = () => {
    monitor.disconnect()
    client.disconnect()
  }
  return { admissions, close }
}

/** By how many calls the worst window, of whatever length, exceeds `max` and what comes back in it; 0 or less is right. */
export function worstExcess(admissions: readonly Admission[], max: number, tokenUs: number): number {
  let worst = -Infinity
  for (const [start, first] of admissions.entries()) {
    let calls = 0
    for (const { atUs, cost } of admissions.slice(start)) {
      calls += cost
      worst = Math.max(worst, calls - max - (atUs - first.atUs) / tokenUs)
    }
  }
  return worst
}

/** How often the server was asked to run a script, by either command, and nothing else of the limiter's own. */
export async function scriptCalls(client: Redis): Promise<Record<string, number>> {
  const stats = await client.info('commandstats')
  const calls: Record<string, number> = {}
  for (const [, command, count] of stats.matchAll(/cmdstat_(\S+?):calls=(\d+)/g)) calls[command as string] = Number(count)
  return calls
}
