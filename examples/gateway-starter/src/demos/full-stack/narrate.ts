import type { GatewayServer } from '@hazeljs/gateway'

/** Tells what the gateway decides while it runs. */
export function narrate(gateway: GatewayServer, print: (text: string) => void): void {
  gateway.on('circuit:open', ({ route }) => print(`! circuit of ${route} open: requests are refused with 503 until it is tried again`))
  gateway.on('circuit:half-open', ({ route }) => print(`! circuit of ${route} half open: a few requests may try`))
  gateway.on('circuit:close', ({ route }) => print(`! circuit of ${route} closed: all is well again`))
  gateway.on('rate-limit:exceeded', ({ route, retryAfterMs }) =>
    print(`! rate limit of ${route} used up for ${Math.ceil(retryAfterMs)} ms`),
  )
  gateway.on('canary:promote', ({ route, weight, reason }) => print(`! canary of ${route} now gets ${weight} %: ${reason}`))
  gateway.on('canary:paused', ({ route, reason }) => print(`! canary of ${route} paused: ${reason}`))
  gateway.on('canary:rollback', ({ route, reason }) => print(`! canary of ${route} rolled back: ${reason}`))
}
