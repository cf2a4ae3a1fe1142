import { type OptionsReader, show } from '@hazeljs/core'
import { readText } from '../config.js'
import { grpcCheck } from '../health/active/grpc-check.js'
import type { HealthCheck } from '../health/active/health-monitor.js'
import { httpCheck } from '../health/active/http-check.js'
import { tcpCheck } from '../health/active/tcp-check.js'

/**
 * - `http`: a GET of `healthCheckPath` that has to be answered with a 2xx status.
 * - `tcp`: a connection that has to come about.
 * - `grpc`: `grpc.health.v1.Health/Check` that has to be answered with SERVING.
 */
export type HealthCheckType = 'http' | 'tcp' | 'grpc'

export interface CheckConfig {
  /** Default `http` where there is a `healthCheckPath`; without both there are no checks, and the instance is UP. */
  readonly healthCheckType?: HealthCheckType
  /** For `http` checks. */
  readonly healthCheckPath?: string
  /** For `grpc` checks: the service as the server's health service names it. Default: the server as a whole. */
  readonly healthCheckService?: string
  /** For `grpc` checks: whether the server speaks TLS; its certificate is not verified. Default `true` where the protocol is `https`. */
  readonly healthCheckTls?: boolean
}

export type ResolvedCheck =
  | { readonly type: 'http'; readonly path: string; readonly tls: boolean }
  | { readonly type: 'tcp' }
  | { readonly type: 'grpc'; readonly service: string; readonly tls: boolean }

const types: readonly HealthCheckType[] = ['http', 'tcp', 'grpc']

type CheckOptions = OptionsReader<CheckConfig & { readonly protocol?: 'http' | 'https' | 'grpc' }>

/** `undefined` for none. */
export function readCheck(options: CheckOptions): ResolvedCheck | undefined {
  const protocol = options.value('protocol')
  const path = readPath(options)
  const service = readText(options, 'healthCheckService') ?? ''
  const tls = options.boolean('healthCheckTls', protocol === 'https')
  const hasPath = options.has('healthCheckPath')
  const type = options.value('healthCheckType') === undefined && !hasPath ? undefined : options.oneOf('healthCheckType', 'http', types)
  if (type !== 'grpc') {
    for (const name of ['healthCheckService', 'healthCheckTls'] as const) {
      if (options.has(name)) options.add(name, "is only for checks with healthCheckType 'grpc'")
    }
  }
  if (type !== 'http') {
    if (hasPath) options.add('healthCheckPath', "is only for checks with healthCheckType 'http'")
    if (type === undefined) return undefined
    return type === 'tcp' ? { type } : { type, service, tls }
  }
  if (protocol === 'grpc') options.add('healthCheckType', "a gRPC server answers no GET; use 'grpc' or 'tcp'")
  if (!hasPath) options.add('healthCheckPath', 'is missing; http checks need it')
  return { type, path: path ?? '', tls: protocol === 'https' }
}

function readPath(options: CheckOptions): string | undefined {
  const path: unknown = options.value('healthCheckPath')
  if (path === undefined || (typeof path === 'string' && path.startsWith('/'))) return path
  options.add('healthCheckPath', `expected a path that starts with /, got ${show(path)}`)
  return undefined
}

export function makeCheck(check: ResolvedCheck, host: string, port: number): HealthCheck {
  switch (check.type) {
    case 'http':
      return httpCheck({ protocol: check.tls ? 'https' : 'http', host, port, path: check.path })
    case 'tcp':
      return tcpCheck({ host, port })
    case 'grpc':
      return grpcCheck({ host, port, service: check.service, tls: check.tls })
  }
}
