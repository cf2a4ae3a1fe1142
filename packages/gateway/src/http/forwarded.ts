import { plainAddress } from './client-address.js'

/** How a request reached this gateway. */
export interface Arrival {
  /** Whether what the peer forwards is believed. */
  readonly peerTrusted: boolean
  /** The peer's own address, not the client's; empty when there is no connection, and then none is told. */
  readonly peer: string
  readonly proto: 'http' | 'https'
  /** Of HTTP; `undefined` for a request that never was on a wire. */
  readonly httpVersion: string | undefined
  /** The authority that the request is for; empty when it named none. */
  readonly host: string
  /** The id to pass on in place of whatever arrived; `undefined`: what arrived is passed on. */
  readonly requestId: string | undefined
}

/**
 * Adds X-Forwarded-For, -Proto and -Host to `headers`. `chain` is the X-Forwarded-For of a trusted peer, which is continued; what such a
 * peer said of the protocol and the host stands already in `headers`, and stays.
 */
export function addForwarded(headers: string[], arrival: Arrival, chain: string | undefined, hasProto: boolean, hasHost: boolean): void {
  const peer = plainAddress(arrival.peer)
  if (peer !== '') headers.push('x-forwarded-for', chain === undefined ? peer : `${chain}, ${peer}`)
  else if (chain !== undefined) headers.push('x-forwarded-for', chain)
  if (!hasProto) headers.push('x-forwarded-proto', arrival.proto)
  if (!hasHost && arrival.host !== '') headers.push('x-forwarded-host', arrival.host)
}

/** Whether a value of `Via` (RFC 9110, 7.6.3) names `pseudonym` as a recipient: the request went round in a circle. */
export function hasPassed(via: string, pseudonym: string): boolean {
  const wanted = pseudonym.toLowerCase()
  const value = via.toLowerCase()
  if (!value.includes(wanted)) return false
  return value.split(',').some((recipient) => recipient.trim().split(/[ \t]+/)[1] === wanted)
}
