import { type OptionsReader, show } from '@hazeljs/core'
import type { BackendDependencies } from '../backend-dependencies.js'
import { type RedisBackendOptions, readRedisBackendOptions } from '../redis/options.js'
import { RedisRegistryBackend } from '../redis/redis-registry-backend.js'
import { DeferredRegistryBackend, type LoadedBackend } from './deferred-registry-backend.js'
import { type OpenBackend, without } from './open-backend.js'
import { cannotLoad, needPackage } from './peer-package.js'
import { type BackendTlsConfig, readTls } from './tls-config.js'

/** Where a server of a group is. */
export interface RedisNode {
  readonly host: string
  /** Default 6379; 26379 for a Sentinel. */
  readonly port?: number
}

/** Where Redis is: `url`, or `host` and `port`, or `sentinels` and `masterName`, or `cluster`; by default 127.0.0.1:6379. And the backend's own options. */
export interface RedisBackendConfig extends RedisBackendOptions {
  /** `redis://user:password@host:6379/0`; `rediss://` for TLS. */
  readonly url?: string
  readonly host?: string
  readonly port?: number
  readonly username?: string
  readonly password?: string
  /** The number of the database. A cluster has only 0. Default 0. */
  readonly db?: number
  readonly tls?: boolean | BackendTlsConfig
  readonly sentinels?: readonly RedisNode[]
  /** By which the Sentinels know the master. */
  readonly masterName?: string
  /** Of the Sentinels themselves. */
  readonly sentinelPassword?: string
  /** Some nodes of a Redis Cluster; they know the others. */
  readonly cluster?: readonly RedisNode[]
}

export const defaultRedisHost = '127.0.0.1'
export const defaultRedisPort = 6_379
export const defaultSentinelPort = 26_379
const maxPort = 65_535

const connectionNames = [
  ...['url', 'host', 'port', 'username', 'password', 'db', 'tls'],
  ...['sentinels', 'masterName', 'sentinelPassword', 'cluster'],
] as const satisfies readonly string[]

interface Connection {
  readonly url: string | undefined
  readonly cluster: RedisNode[] | undefined
  /** As ioredis takes them. */
  readonly options: object
}

export function readRedisByName(
  options: OptionsReader<{ readonly backend?: unknown; readonly backendConfig?: RedisBackendConfig }>,
): OpenBackend {
  needPackage(options, 'redis', 'ioredis')
  const config = options.object('backendConfig')
  const { ttlMs } = readRedisBackendOptions(config)
  const connection = readConnection(config)
  const backendOptions = without(options.value('backendConfig'), connectionNames)
  return (dependencies) => {
    const load = () => connect(connection, backendOptions, dependencies)
    return { backend: new DeferredRegistryBackend(ttlMs, load), owned: true }
  }
}

async function importRedis() {
  try {
    return await import('ioredis')
  } catch (error) {
    throw cannotLoad('ioredis', error)
  }
}

async function connect(
  { url, cluster, options }: Connection,
  backendOptions: RedisBackendOptions,
  dependencies?: BackendDependencies,
): Promise<LoadedBackend> {
  const { Cluster, Redis } = await importRedis()
  const client =
    cluster !== undefined
      ? new Cluster(cluster, { redisOptions: options })
      : url === undefined
        ? new Redis(options)
        : new Redis(url, options)
  // The backend says what goes wrong; ioredis would print it too, once the backend no longer listens.
  client.on('error', () => undefined)
  return { backend: new RedisRegistryBackend(client, backendOptions, dependencies), release: () => client.disconnect() }
}

function readConnection(config: OptionsReader<RedisBackendConfig>): Connection {
  const ways = [['url'], ['host', 'port'], ['sentinels', 'masterName'], ['cluster']] as const
  const given = ways.flatMap((way) => way.filter((name) => config.has(name)).slice(0, 1))
  for (const name of given.slice(1))
    config.add(name, `stands beside ${given[0] ?? ''}: give url, or host and port, or sentinels and masterName, or cluster`)
  const url = readUrl(config)
  const host = config.string('host', defaultRedisHost)
  const port = readPort(config, defaultRedisPort)
  const sentinels = readNodes(config, 'sentinels', defaultSentinelPort)
  const cluster = readNodes(config, 'cluster', defaultRedisPort)
  if (config.has('sentinels') !== config.has('masterName')) config.add('masterName', 'and sentinels are needed together')
  const db = config.number('db', 0, { min: 0, integer: true })
  if (cluster !== undefined && db !== 0) config.add('db', 'is always 0 in a cluster')
  const tls = readTls(config)
  const credentials = {
    username: config.string('username', undefined),
    password: config.string('password', undefined),
    ...(sentinels !== undefined && {
      sentinels,
      name: config.string('masterName', undefined),
      sentinelPassword: config.string('sentinelPassword', undefined),
    }),
  }
  const isAlone = sentinels === undefined && cluster === undefined && url === undefined
  const options = {
    ...Object.fromEntries(Object.entries(credentials).filter(([, value]) => value !== undefined)),
    ...(isAlone && { host, port }),
    ...(config.has('db') && { db }),
    ...(tls !== undefined && { tls }),
  }
  if (sentinels === undefined) for (const name of ['masterName', 'sentinelPassword'] as const) config.value(name)
  return { url, cluster, options }
}

function readUrl(config: OptionsReader<RedisBackendConfig>): string | undefined {
  const url: unknown = config.value('url')
  if (url === undefined) return undefined
  if (typeof url === 'string' && URL.canParse(url) && ['redis:', 'rediss:'].includes(new URL(url).protocol)) return url
  // Not shown: it may hold a password.
  config.add('url', "expected a URL such as 'redis://127.0.0.1:6379' or 'rediss://user:password@redis.internal:6380/0'")
  return undefined
}

function readNodes(config: OptionsReader<RedisBackendConfig>, name: 'sentinels' | 'cluster', defaultPort: number): RedisNode[] | undefined {
  const given: unknown = config.value(name)
  if (given === undefined) return undefined
  if (!Array.isArray(given) || given.length === 0)
    config.add(name, `expected a list such as [{ host: '10.0.0.1', port: ${defaultPort} }], got ${show(given)}`)
  return config.list(name).map((node) => ({ host: node.string(node.required('host'), ''), port: readPort(node, defaultPort) }))
}

function readPort(options: OptionsReader<{ readonly port?: number }>, fallback: number): number {
  return options.number('port', fallback, { min: 1, max: maxPort, integer: true })
}
