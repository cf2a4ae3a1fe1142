import { setTimeout as sleep } from 'node:timers/promises'

/** What the clients saw of one version; `undefined` where no version answered. */
export interface Seen {
  readonly version: string | undefined
  readonly failed: boolean
}

export interface Clients {
  /** What was seen since they began. */
  readonly seen: readonly Seen[]
  /** Resolves when the last of their requests has ended. */
  readonly stop: () => Promise<void>
}

const pauseMs = 20

/** So many clients, each of which asks, waits 20 ms and asks again. */
export function startClients(url: string, count: number): Clients {
  const seen: Seen[] = []
  const leaving = new AbortController()
  const ask = async () => {
    while (!leaving.signal.aborted) {
      seen.push(await request(url))
      await sleep(pauseMs)
    }
  }
  const clients = Array.from({ length: count }, ask)
  return {
    seen,
    stop: async () => {
      leaving.abort()
      await Promise.all(clients)
    },
  }
}

async function request(url: string): Promise<Seen> {
  try {
    const response = await fetch(url)
    const { version } = (await response.json()) as { readonly version?: string }
    return { version, failed: response.status >= 500 }
  } catch {
    return { version: undefined, failed: true }
  }
}
