import type { GatewayConfig, GatewayRouteDefinition } from '../src/index.js'
import { startProxy } from './harness.js'
import { rawClient, startRawUpstream } from './raw-http.js'

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

export interface WireOptions {
  /** What the service writes for each request. Default {@link ok}. */
  readonly answer?: string
  /** The service ends its connection behind the answer. */
  readonly ends?: true
  readonly route?: Partial<GatewayRouteDefinition>
  readonly config?: GatewayConfig
}

export interface Wire {
  /** What the service received, over all of its connections, and what the client received; as latin1. */
  readonly sent: string
  readonly got: string
  readonly closed: 'end' | 'cut'
  readonly port: number
}

/** Writes `request`, in latin1, through a gateway, and waits until the gateway ends the client's connection. */
export async function overTheWire(request: string, { answer = ok, ends, route, config }: WireOptions = {}): Promise<Wire> {
  const upstream = await startRawUpstream((socket) => {
    socket.write(Buffer.from(answer, 'latin1'))
    if (ends !== undefined) socket.end()
  })
  const { port } = await startProxy([upstream.port], route, config)
  const client = await rawClient(port)
  client.write(Buffer.from(request, 'latin1'))
  const closed = await client.closed
  return { sent: upstream.received.join(''), got: client.received, closed, port: upstream.port }
}

/** A request that ends its connection. `fields` as they stand on the wire, each with its end of line. */
export function closing(fields = '', line = 'GET / HTTP/1.1'): string {
  return `${line}\r\nHost: a\r\n${fields}Connection: close\r\n\r\n`
}
