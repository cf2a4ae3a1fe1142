import type { RegistryBackend } from '@hazeljs/discovery'
import { type RunningService, startService } from '../../services/service.js'

/** A release of the order service, one of `failsEvery` requests of which ends with 500. */
export interface Release {
  readonly version: string
  readonly failsEvery: number
}

export const service = 'order-service'

/** Servers of their own, one for each release. Which requests fail does not depend on chance, so that the demo is the same each time. */
export function startReleases(releases: readonly Release[], backend: RegistryBackend): Promise<RunningService[]> {
  return Promise.all(
    releases.map(({ version, failsEvery }) => {
      let requests = 0
      const answer = () => {
        requests += 1
        return requests % failsEvery === 0
          ? { status: 500, body: { version, error: 'The stock is not known' } }
          : { status: 200, body: { version, orders: ['Teapot', 'Cup'] } }
      }
      return startService({ name: service, version, tags: [], answer }, backend)
    }),
  )
}
