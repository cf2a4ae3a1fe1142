import { type ServiceProtocol, show } from '@hazeljs/core'
import type { SlicePort } from './endpoint-slice.js'

export interface ChosenPort {
  readonly port: number
  readonly protocol: ServiceProtocol
}

export interface PortChoice {
  readonly portName: string | undefined
  readonly protocol: ServiceProtocol | undefined
}

const maxPort = 65_535

/** Values of `appProtocol`, in lower case: names of IANA and those that Kubernetes defines. */
const byAppProtocol: Readonly<Record<string, ServiceProtocol>> = {
  http: 'http',
  'kubernetes.io/h2c': 'http',
  'kubernetes.io/ws': 'http',
  https: 'https',
  'kubernetes.io/wss': 'https',
  grpc: 'grpc',
}

/**
 * The port of a slice that is called.
 *
 * @throws {Error} when there is none.
 */
export function choosePort(ports: readonly SlicePort[], choice: PortChoice): ChosenPort {
  const tcp = ports.filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
  const { portName } = choice
  const chosen = portName === undefined ? preferred(tcp) : tcp.find(({ name }) => name === portName)
  if (chosen === undefined) {
    const names = tcp.map(({ name }) => show(name ?? '')).join(', ')
    const wanted = portName === undefined ? 'a TCP port' : `a TCP port named ${show(portName)}`
    throw new Error(`it has no ${wanted.replace(/^a /, '')}; it has ${names === '' ? 'none' : names}`)
  }
  const port: unknown = chosen.port
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > maxPort) throw new Error(`port is ${show(port)}`)
  return { port, protocol: choice.protocol ?? protocolOf(chosen) ?? 'http' }
}

function preferred(ports: readonly SlicePort[]): SlicePort | undefined {
  return ports.find((port) => protocolOf(port) !== undefined) ?? ports[0]
}

/** What `appProtocol` says, or else the name: `http`, or as in Istio `http-web`. `grpc-web` is HTTP. */
function protocolOf({ name, appProtocol }: SlicePort): ServiceProtocol | undefined {
  const said = byAppProtocol[appProtocol?.toLowerCase() ?? '']
  if (said !== undefined) return said
  if (name === 'grpc-web') return 'http'
  const [, protocol] = /^(https?|grpc)(?:-|$)/.exec(name ?? '') ?? []
  return protocol as ServiceProtocol | undefined
}
