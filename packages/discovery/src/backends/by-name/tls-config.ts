import { type OptionsReader, show } from '@hazeljs/core'

/** PEM texts, as `node:tls` takes them. */
export interface BackendTlsConfig {
  /** Of the authority that signed the server's certificate. Default: those that Node trusts. */
  readonly ca?: string | Buffer
  /** This client's certificate; with `key`. */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  /** The name that the server's certificate has to carry, where the host is another. */
  readonly servername?: string
  /** Default `true`. `false` takes any certificate, an attacker's too. */
  readonly rejectUnauthorized?: boolean
}

/** `undefined` for no TLS; `true` is TLS as Node does it. */
export function readTls(options: OptionsReader<{ readonly tls?: boolean | BackendTlsConfig }>): BackendTlsConfig | undefined {
  const given: unknown = options.value('tls')
  if (given === undefined || given === false) return undefined
  const tls = options.object('tls', given === true ? {} : given)
  const pems = { ca: readPem(tls, 'ca'), cert: readPem(tls, 'cert'), key: readPem(tls, 'key') }
  if ((pems.cert === undefined) !== (pems.key === undefined)) tls.add('cert', 'and key are needed together')
  const servername = tls.string('servername', undefined)
  return {
    ...Object.fromEntries(Object.entries(pems).filter(([, pem]) => pem !== undefined)),
    ...(servername !== undefined && { servername }),
    rejectUnauthorized: tls.boolean('rejectUnauthorized', true),
  }
}

function readPem(tls: OptionsReader<BackendTlsConfig>, name: 'ca' | 'cert' | 'key'): string | Buffer | undefined {
  const value: unknown = tls.value(name)
  if (value === undefined || typeof value === 'string' || Buffer.isBuffer(value)) return value
  tls.add(name, `expected a PEM text or a Buffer, got ${show(value)}`)
  return undefined
}
