import { hash32, mix32, type Random } from '@hazeljs/core'
import type { ResolvedBalancing } from './balancing-options.js'
import type { CountedEndpoint } from './counted-endpoint.js'

/**
 * The same few of many for the same client, chosen by rendezvous hashing [gRFC A68]: when one of them goes, the client's next best takes its
 * place, and a newcomer takes one place or none. Over all clients each instance is chosen about as often as any other.
 */
export class Subsetting {
  readonly #size: number
  readonly #seed: number

  constructor(size: number, clientId: string) {
    this.#size = size
    this.#seed = hash32(clientId)
  }

  /** In the order that they come in. */
  choose(endpoints: readonly CountedEndpoint[]): readonly CountedEndpoint[] {
    if (endpoints.length <= this.#size) return endpoints
    const ranks = Uint32Array.from(endpoints, (endpoint) => this.#rankOf(endpoint)).sort()
    const least = ranks[ranks.length - this.#size] as number
    // Equal ranks are one in four billion; among them the first come first.
    let ties = 0
    for (let place = ranks.length - this.#size; ranks[place] === least; place++) ties++
    return endpoints.filter((endpoint) => {
      const rank = this.#rankOf(endpoint)
      return rank > least || (rank === least && ties-- > 0)
    })
  }

  #rankOf(endpoint: CountedEndpoint): number {
    return (endpoint.rank ??= mix32(hash32(endpoint.instance.id) ^ this.#seed) >>> 0)
  }
}

/** For a client that was given no id: another one each time. */
export function drawnClientId(random: Random): string {
  return String(random.next())
}

/** The same client for all balancers that are made with it. */
export function identified(balancing: ResolvedBalancing, random: Random): ResolvedBalancing {
  const { subsetting } = balancing
  if (subsetting === undefined) return balancing
  return { ...balancing, subsetting: { ...subsetting, clientId: subsetting.clientId ?? drawnClientId(random) } }
}
