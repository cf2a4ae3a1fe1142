import type { SrvRecord } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { domainToASCII } from 'node:url'
import { toError } from '@hazeljs/core'
import { DiscoveryError } from '../../errors.js'
import type { ResolvedDnsOptions, ResolvedQuery } from './options.js'

/** The addresses of a name; none when it has none or does not exist. */
export interface Addresses {
  readonly addresses: readonly string[]
  /** How long the answer holds, the shortest where there are several; `undefined` where nobody said. */
  readonly ttlMs: number | undefined
}

/** Answers that say for certain that there is no such record, or no such name. */
const noRecords = ['ENODATA', 'ENOTFOUND']
const nobody: Addresses = { addresses: [], ttlMs: undefined }

/** Asks DNS servers. What does not exist is an empty answer; no answer, or one that says nothing, is an error. */
export class DnsLookup {
  readonly #resolver: Resolver

  constructor({ servers, timeoutMs, tries }: Pick<ResolvedDnsOptions, 'servers' | 'timeoutMs' | 'tries'>) {
    this.#resolver = new Resolver({ timeout: Math.ceil(timeoutMs), tries })
    if (servers !== undefined) this.#resolver.setServers(servers)
  }

  /** @throws {DiscoveryError} `REGISTRY_UNAVAILABLE` */
  async addresses(hostname: string, family: ResolvedQuery['family']): Promise<Addresses> {
    if (family === 'ipv6') return this.#v6(hostname)
    if (family === 'all') return merged(await Promise.all([this.#v4(hostname), this.#v6(hostname)]))
    const v4 = await this.#v4(hostname)
    return family === 'ipv4' || v4.addresses.length > 0 ? v4 : this.#v6(hostname)
  }

  /** @throws {DiscoveryError} `REGISTRY_UNAVAILABLE` */
  services(hostname: string): Promise<readonly SrvRecord[]> {
    return ask(hostname, [], (name) => this.#resolver.resolveSrv(name))
  }

  /** Queries under way reject. */
  cancel(): void {
    this.#resolver.cancel()
  }

  #v4(hostname: string): Promise<Addresses> {
    return ask(hostname, nobody, async (name) => fromRecords(await this.#resolver.resolve4(name, { ttl: true })))
  }

  #v6(hostname: string): Promise<Addresses> {
    return ask(hostname, nobody, async (name) => fromRecords(await this.#resolver.resolve6(name, { ttl: true })))
  }
}

async function ask<T>(hostname: string, none: T, query: (name: string) => Promise<T>): Promise<T> {
  try {
    return await query(domainToASCII(hostname))
  } catch (thrown) {
    const error: NodeJS.ErrnoException = toError(thrown)
    if (error.code !== undefined && noRecords.includes(error.code)) return none
    const hint = error.code === 'EREFUSED' ? '; the server does not answer for this domain, or not to us' : ''
    throw new DiscoveryError('REGISTRY_UNAVAILABLE', `DNS did not say who ${hostname} is: ${error.message}${hint}`, { cause: error })
  }
}

function fromRecords(records: readonly { readonly address: string; readonly ttl: number }[]): Addresses {
  return { addresses: [...new Set(records.map(({ address }) => address))], ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000 }
}

function merged(all: readonly Addresses[]): Addresses {
  const ttls = all.flatMap(({ ttlMs }) => ttlMs ?? [])
  return { addresses: all.flatMap(({ addresses }) => addresses), ttlMs: ttls.length === 0 ? undefined : Math.min(...ttls) }
}
