import { isIPv6 } from 'node:net'
import type { ServiceInstance } from '@hazeljs/core'

/** Names and IPv4 addresses; anything more, such as an `@` or a `/` in a registry's entry, could turn the URL into another. */
const plainHost = /^[\w.~-]+$/

/** Why the instance cannot be called over HTTP; `undefined`: it can. */
export function whyUnusable({ host, protocol }: ServiceInstance): string | undefined {
  if (protocol === 'grpc') return 'speaks grpc, which a ServiceClient does not; get its address from DiscoveryClient.acquire()'
  // An address of one link, fe80::1%eth0, has no place in a URL.
  const fits = isIPv6(host) ? !host.includes('%') : plainHost.test(host)
  return fits ? undefined : `has a host that a URL cannot hold: '${host}'`
}

/** The address of an instance as a URL: nothing that a request carries has a part in it. */
export function originOf({ host, port, protocol }: ServiceInstance): string {
  return `${protocol}://${isIPv6(host) ? `[${host}]` : host}:${port}`
}
