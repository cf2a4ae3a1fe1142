import { discoveryProblems } from '@hazeljs/discovery'
import { circuitBreakerProblems, retryProblems } from '@hazeljs/resilience'
import type { ZodType } from 'zod'
import { trustedProxyProblems } from '../http/client-address.js'
import type { CorsConfig, GatewayConfig, GatewayOptions } from './gateway-options.js'
import { type Fields, got } from './fields.js'
import { headerName } from './header-schema.js'
import { upstreamSchema } from './upstream-schema.js'

type Section<K extends keyof GatewayOptions> = NonNullable<GatewayOptions[K]>

/** Not options of a configuration, which is data; see `GatewayDependencies`. */
const thirdArgument = {
  canaryStore: 'canaryStore of the third argument',
  logger: 'logger of the third argument',
  clock: 'clock of the third argument',
  random: 'random of the third argument',
}

/** The whole configuration; the routes are checked one by one with their own schema, for each has a name of its own in messages. */
export function gatewaySchema(fields: Fields): ZodType {
  const schema = fields.options<GatewayConfig>(
    {
      discovery: fields.checkedBy(discoveryProblems).optional(),
      resilience: fields
        .options<Section<'resilience'>>({
          defaultCircuitBreaker: fields.checkedBy(circuitBreakerProblems).optional(),
          defaultRetry: fields.checkedBy(retryProblems).optional(),
          defaultTimeout: fields.duration().optional(),
        })
        .optional(),
      metrics: fields.options<Section<'metrics'>>({ enabled: fields.flag.optional(), windowSize: fields.duration().optional() }).optional(),
      middleware: fields
        .options<Section<'middleware'>>({
          cors: fields.or([true, false], corsSchema(fields), 'true, false or the options of CORS').optional(),
          logging: fields.flag.optional(),
          requestId: fields.flag.optional(),
        })
        .optional(),
      trustedProxies: fields.z.array(fields.z.unknown(), got('a list of addresses and CIDR ranges')).optional(),
      pseudonym: headerName(fields, 'a name of letters, digits and hyphens, such as edge-1').optional(),
      limits: fields
        .options<Section<'limits'>>({
          maxUrlLength: fields.count.optional(),
          maxBodyBytes: fields.count.optional(),
          maxConcurrentRequests: fields.count.optional(),
          underscoredHeaders: fields.oneOf(['drop', 'refuse']).optional(),
        })
        .optional(),
      upstream: upstreamSchema(fields).optional(),
      routes: fields.z.array(fields.z.unknown(), got('a list of routes')).optional(),
    },
    thirdArgument,
  )
  return fields.rule(schema, ({ trustedProxies }, report) => {
    if (!Array.isArray(trustedProxies)) return
    for (const { path, message } of trustedProxyProblems(trustedProxies)) report([path], message)
  })
}

function corsSchema(fields: Fields): ZodType {
  const origin = fields.where(`an origin such as 'https://app.example.com', without a path`, isOrigin)
  const schema = fields.options<CorsConfig>({
    origin: fields.or(['*'], fields.z.union([origin, fields.list(origin, 'a list of origins')], got(originForms)), originForms).optional(),
    methods: fields.z.array(headerName(fields), got('a list of names')).optional(),
    allowedHeaders: fields.z.array(headerName(fields), got('a list of names')).optional(),
    exposedHeaders: fields.z.array(headerName(fields), got('a list of names')).optional(),
    credentials: fields.flag.optional(),
    maxAge: fields.duration(0).optional(),
  })
  return fields.rule(schema, ({ origin: allowed, credentials }, report) => {
    if (credentials !== true || (allowed !== undefined && allowed !== '*')) return
    report(
      ['credentials'],
      `browsers refuse credentials for any origin; name the allowed ones in origin, such as ['https://app.example.com']`,
    )
  })
}

const originForms = `'*', an origin such as 'https://app.example.com', or a list of origins`

/**
 * Compared letter by letter with what browsers send, so whatever they would write in another way never matches: a path, a slash at the end,
 * capitals, the scheme's own port, a name that is not in ASCII.
 */
function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || !/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#*@]+$/.test(value)) return false
  if (!/^https?:/.test(value)) return true // extensions and apps have schemes of their own, which URL knows no origins of
  return URL.canParse(value) && new URL(value).origin === value
}
