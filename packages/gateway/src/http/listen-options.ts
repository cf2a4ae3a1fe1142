import type { TlsOptions } from 'node:tls'
import { type Duration, type OptionsReader, show } from '@hazeljs/core'
import { readShutdown, type ResolvedShutdown, type ShutdownOptions } from '../config/close-options.js'
import { tlsProblems } from './tls-problems.js'

/** Those of `node:tls` that a server of the gateway takes. */
const tlsNames = [
  'cert',
  'key',
  'passphrase',
  'pfx',
  'ca',
  'crl',
  'requestCert',
  'rejectUnauthorized',
  'SNICallback',
  'minVersion',
  'maxVersion',
  'ciphers',
  'sigalgs',
  'ecdhCurve',
  'dhparam',
  'honorCipherOrder',
  'handshakeTimeout',
  'sessionTimeout',
  'sessionIdContext',
  'ticketKeys',
] as const satisfies readonly (keyof TlsOptions)[]

/**
 * As `node:tls` has them: `cert` and `key` in PEM, or `pfx`, or `SNICallback`; `requestCert` and `ca` to ask clients for certificates, of
 * which those that don't hold are refused unless `rejectUnauthorized` is `false`. `handshakeTimeout` in ms, 10 s by default.
 */
export type ListenTlsOptions = Pick<TlsOptions, (typeof tlsNames)[number]>

export interface ListenOptions {
  /** 0: any free port. Default 3000. */
  readonly port?: number
  /** Default: every address of the machine. */
  readonly host?: string
  /** Request line and header fields of a request together; more is refused with 431, or 414 where it is the target. Default 16 KiB. */
  readonly maxHeaderBytes?: number
  /** How long a client may take to send them; then 408. Looked after every second, or twice in this time. Default 60 s. */
  readonly headersTimeout?: Duration
  /**
   * How long a client may stand still while it is its turn: send nothing of a body that is awaited (408, or where an answer has begun its
   * end), or take nothing of an answer (the connection is cut). Looked after as `headersTimeout` is. Default 60 s.
   */
  readonly stallTimeout?: Duration
  /**
   * Bytes a second that a client has to send or take while it is its turn; slower than that for all of `stallTimeout` is standing still.
   * Default 0: any byte will do, so a client that sends one a minute is bounded by the route's `timeout` only.
   */
  readonly minRate?: number
  /** Connections at once, idle ones and WebSockets among them; further ones are closed as they come. Default: no limit. */
  readonly maxConnections?: number
  /** Serves https, and nothing but. Default: http. */
  readonly tls?: ListenTlsOptions
  /**
   * Closes the gateway when the process gets a signal, and then ends the process by it, unless others listen to the signal: then the end is
   * theirs. A second one ends it at once. `true`: SIGTERM, with the defaults. Default `false`.
   */
  readonly shutdown?: boolean | ShutdownOptions
}

export interface ResolvedListenOptions {
  readonly port: number
  readonly host: string | undefined
  readonly maxHeaderBytes: number
  readonly headersTimeoutMs: number
  readonly stallTimeoutMs: number
  readonly minRate: number
  readonly maxConnections: number | undefined
  readonly tls: ListenTlsOptions | undefined
  readonly shutdown: ResolvedShutdown | undefined
}

export const defaultPort = 3_000
export const defaultMaxHeaderBytes = 16_384
export const defaultHeadersTimeoutMs = 60_000
/** As nginx has it (`client_body_timeout`, `send_timeout`); Envoy waits for 5 minutes. */
export const defaultStallTimeoutMs = 60_000
export const defaultMinRate = 0
/** Node's own is two minutes, for which anybody can hold connections without saying a word. */
export const defaultHandshakeTimeoutMs = 10_000

export function readListenOptions(options: OptionsReader<ListenOptions>): ResolvedListenOptions {
  const port = options.number('port', defaultPort, { min: 0, max: 65_535, integer: true })
  const host = options.value('host')
  if (host !== undefined && typeof host !== 'string') options.add('host', `expected an address or a host name, got ${show(host)}`)
  return {
    port,
    host,
    maxHeaderBytes: options.number('maxHeaderBytes', defaultMaxHeaderBytes, { min: 1_024, integer: true }),
    headersTimeoutMs: options.duration('headersTimeout', defaultHeadersTimeoutMs, 1),
    stallTimeoutMs: options.duration('stallTimeout', defaultStallTimeoutMs, 1),
    minRate: options.number('minRate', defaultMinRate, { min: 0, max: Number.MAX_SAFE_INTEGER }),
    maxConnections: options.number('maxConnections', undefined, { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true }),
    tls: options.value('tls') === undefined ? undefined : readTls(options.object('tls')),
    shutdown: readWhetherShutdown(options),
  }
}

function readWhetherShutdown(options: OptionsReader<ListenOptions>): ResolvedShutdown | undefined {
  const shutdown = options.value('shutdown')
  if (shutdown === undefined || shutdown === false) return undefined
  return readShutdown(shutdown === true ? options.object('shutdown', {}) : options.object('shutdown'))
}

function readTls(options: OptionsReader<ListenTlsOptions>): ListenTlsOptions {
  const tls: ListenTlsOptions = Object.fromEntries(
    tlsNames.map((name) => [name, options.value(name)] as const).filter(([, value]) => value !== undefined),
  )
  if (tls.cert === undefined && tls.key === undefined && tls.pfx === undefined && tls.SNICallback === undefined)
    options.add('', 'needs cert and key, pfx, or SNICallback')
  for (const { path, message } of tlsProblems(tls)) options.add(path, message)
  return { ...tls, handshakeTimeout: options.number('handshakeTimeout', defaultHandshakeTimeoutMs, { min: 1 }) }
}
