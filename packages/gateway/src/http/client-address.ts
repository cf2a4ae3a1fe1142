import { BlockList, isIP, SocketAddress } from 'node:net'
import { show, type ConfigProblem } from '@hazeljs/core'

/** As many addresses are remembered as trusted or not. A check against the ranges costs 2 µs, and clients return. */
const rememberedAddresses = 8_192

/**
 * No chain of trusted proxies is longer, and no more entries of X-Forwarded-For are looked at: where everybody is trusted, a client could
 * have its 16 KiB of addresses read for each request.
 */
export const maxProxies = 64

const ipv4Mapped = '::ffff:'
/** An entry of X-Forwarded-For with a port: `192.0.2.1:80`, `[2001:db8::1]:80`, and brackets alone. */
const withPort = /^(?:(\d+\.\d+\.\d+\.\d+)|\[([0-9a-f:.%]+)\])(?::\d+)?$/i

interface AddressRange {
  readonly address: string
  readonly prefixLength: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Who sent a request, when some of the peers are proxies that may be believed. */
export class ClientAddresses {
  readonly #trusted: BlockList | undefined
  readonly #remembered = new Map<string, boolean>()

  /** Addresses and CIDR ranges, checked with {@link trustedProxyProblems}; what that complains of is skipped. */
  constructor(trustedProxies: readonly string[]) {
    const ranges = trustedProxies.map(parseRange).filter((range) => range !== undefined)
    if (ranges.length === 0) return
    this.#trusted = new BlockList()
    for (const { address, prefixLength, family } of ranges) this.#trusted.addSubnet(address, prefixLength, family)
  }

  /** Whether `peer`, an address as `socket.remoteAddress` gives it, is a trusted proxy. What is no address (a UNIX socket has none) is not. */
  isTrusted(peer: string): boolean {
    return this.#trusted !== undefined && this.#check(this.#trusted, plainAddress(peer))
  }

  /**
   * The client's address: from `peer` through `forwardedFor`, the values of X-Forwarded-For in order, to the left as long as what stands
   * there was written by a trusted proxy, {@link maxProxies} entries at most. One that is no address ends the walk at the proxy that vouched for
   * it.
   */
  clientIp(peer: string, forwardedFor: readonly string[]): string {
    let client = plainAddress(peer)
    const trusted = this.#trusted
    if (trusted === undefined || !this.#check(trusted, client)) return client
    let left = maxProxies
    for (let line = forwardedFor.length - 1; line >= 0; line--) {
      const value = forwardedFor[line] as string
      for (let end = value.length; end >= 0;) {
        if (left-- === 0) return client
        const start = end === 0 ? -1 : value.lastIndexOf(',', end - 1)
        const entry = entryAddress(value.slice(start + 1, end).trim())
        if (entry === undefined) return client
        client = entry
        if (!this.#check(trusted, client)) return client
        end = start
      }
    }
    return client
  }

  #check(trusted: BlockList, address: string): boolean {
    const known = this.#remembered.get(address)
    if (known !== undefined) return known
    const family = isIP(address)
    if (family === 0) return false
    const isTrusted = trusted.check(address, family === 4 ? 'ipv4' : 'ipv6')
    if (this.#remembered.size >= rememberedAddresses) this.#remembered.clear()
    // A copy: the address may be a slice that keeps the whole header alive.
    this.#remembered.set(Buffer.from(address, 'latin1').toString('latin1'), isTrusted)
    return isTrusted
  }
}

/** An address of a socket without its zone, and as IPv4 where it is IPv4 in the clothes of IPv6. */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address
  const zone = address.indexOf('%')
  const bare = zone === -1 ? address : address.slice(0, zone)
  const last = bare.startsWith(ipv4Mapped) ? bare.slice(ipv4Mapped.length) : ''
  return last.includes('.') ? last : bare
}

/**
 * Whose address it is, as far as addresses tell: in IPv6 everybody has a whole /64, and another address for each request where they like
 * (RFC 8981). `address` is canonical.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const end = endOfFourGroups(address)
  if (end !== -1) return `${address.slice(0, end)}::/64`
  const [before = '', after] = address.split('::')
  const groups = before === '' ? [] : before.split(':')
  if (after !== undefined && groups.length < 4) {
    const last = after === '' ? [] : after.split(':')
    const zeros = 8 - groups.length - last.length - (after.includes('.') ? 1 : 0)
    groups.push(...Array.from({ length: zeros }, () => '0'), ...last)
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** Where the first four groups of an IPv6 address end; -1 where not all of them are written. */
function endOfFourGroups(address: string): number {
  let end = address.indexOf(':')
  for (let group = 1; group < 4; group++) {
    const next = address.indexOf(':', end + 1)
    if (next === end + 1 || next === -1) return -1
    end = next
  }
  return end
}

/** What is wrong with a list of trusted proxies; paths are those of `trustedProxies`. */
export function trustedProxyProblems(list: readonly unknown[]): ConfigProblem[] {
  return list.flatMap((range, index) => {
    if (typeof range === 'string' && parseRange(range) !== undefined) return []
    return [
      {
        path: `trustedProxies[${index}]`,
        message: `expected an address or a range such as '10.0.0.0/8' or 'fd00::/8', got ${show(range)}`,
      },
    ]
  })
}

/** The address of an X-Forwarded-For entry in one spelling, so that it can serve as a key. */
function entryAddress(entry: string): string | undefined {
  const match = withPort.exec(entry)
  const address = match === null ? entry : ((match[1] ?? match[2]) as string)
  const family = isIP(address)
  if (family === 4) return address
  return family === 6 ? canonicalIpv6(address) : undefined
}

function canonicalIpv6(address: string): string {
  const zone = address.indexOf('%')
  return plainAddress(new SocketAddress({ address: zone === -1 ? address : address.slice(0, zone), family: 'ipv6' }).address)
}

function parseRange(text: string): AddressRange | undefined {
  const [, address = '', length] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const family = isIP(address)
  if (family === 0) return undefined
  const bits = family === 4 ? 32 : 128
  const prefixLength = length === undefined ? bits : Number(length)
  if (prefixLength > bits) return undefined
  if (family === 4) return { address, prefixLength, family: 'ipv4' }
  const folded = canonicalIpv6(address)
  if (isIP(folded) === 4 && prefixLength >= 96) return { address: folded, prefixLength: prefixLength - 96, family: 'ipv4' }
  return { address, prefixLength, family: 'ipv6' }
}
