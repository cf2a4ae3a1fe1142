import { isIP } from 'node:net'
import { isAbsolute, normalize } from 'node:path'
import type { ZodType } from 'zod'
import { tlsProblems } from '../http/tls-problems.js'
import type { GatewayOptions, UpstreamTlsConfig } from './gateway-options.js'
import { type Fields, got } from './fields.js'

type Upstream = NonNullable<GatewayOptions['upstream']>
type UpstreamService = NonNullable<Upstream['services']>[string]

export function upstreamSchema(fields: Fields): ZodType {
  const tls = tlsSchema(fields).optional()
  return fields.options<Upstream>({
    connectTimeout: fields.duration().optional(),
    idleTimeout: fields.duration().optional(),
    keepAlive: fields.duration().optional(),
    tls,
    socketDirectory: fields.checkedText(directoryProblem).optional(),
    services: fields.z
      .record(fields.text, fields.options<UpstreamService>({ tls }), got('an object with the names of services'))
      .optional(),
  })
}

function directoryProblem(directory: string): string | undefined {
  return isAbsolute(directory) && normalize(directory) === directory ? undefined : 'expected an absolute path, without `.` and `..`'
}

function tlsSchema(fields: Fields): ZodType {
  const schema = fields.options<UpstreamTlsConfig>({
    ca: fields.z.unknown().optional(),
    cert: fields.z.unknown().optional(),
    key: fields.z.unknown().optional(),
    // Not `fields.text`, which quotes what it got.
    passphrase: fields.z
      .string({ error: () => 'expected text' })
      .min(1, { error: () => 'is empty' })
      .optional(),
    servername: fields.checkedText((name) => (isIP(name) === 0 ? undefined : 'is an address; TLS asks for names only')).optional(),
    rejectUnauthorized: fields.flag.optional(),
  })
  return fields.rule(schema, ({ ca, cert, key, passphrase }, report) => {
    for (const { path, message } of tlsProblems({ ca, cert, key, passphrase } as UpstreamTlsConfig))
      report(path === '' ? [] : [path], message)
  })
}
