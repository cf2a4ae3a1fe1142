import { durationText } from '@hazeljs/core'
import { DiscoveryError } from '../../errors.js'
import type { RedisClient } from './redis-client.js'

interface Endpoint {
  readonly host?: string | null
  readonly port?: number | string | null
  readonly path?: string | null
}

type ClientOptions = Endpoint & { readonly sentinels?: readonly Endpoint[] | null; readonly name?: string | null }

/** What Redis says to whom it does not know, or does not allow something, and what to do about it. */
const refusals: Readonly<Record<string, string>> = {
  NOAUTH: 'it wants a password; give the client `password`, and `username` where users are set up',
  WRONGPASS: 'it refuses the user or the password; correct `username` and `password` of the client',
  'ERR invalid password': 'it refuses the password; correct `password` of the client',
  NOPERM: 'the user lacks a permission; the guide of the Redis backend lists the commands, keys and channels that it needs',
}

/** What else Redis and the system say, and what to do about it. */
const failures: Readonly<Record<string, string>> = {
  READONLY: 'it is a replica; connect to the master, or through Sentinel',
  ECONNREFUSED: 'nobody listens there; is it running, and is the address right?',
  ENOTFOUND: 'its name is not known; is the address right?',
  EAI_AGAIN: 'its name is not known for now; does the name server answer?',
  'Protocol error': 'what listens there speaks another protocol; is it a Redis, and is the port right?',
  ETIMEDOUT: 'it cannot be reached; is the address right, and is the way to it open?',
}

/** Where the client connects to, as a message names it. */
export function addressOf(client: RedisClient): string {
  if (client.isCluster) {
    const { startupNodes = [] } = client as { readonly startupNodes?: readonly (Endpoint | string | number)[] }
    return `the cluster of ${startupNodes.map(endpointText).join(', ')}`
  }
  const { sentinels, name, ...endpoint } = client.options as ClientOptions
  if (sentinels) return `the master ${name ?? ''} of the Sentinels at ${sentinels.map(endpointText).join(', ')}`
  return endpointText(endpoint)
}

function endpointText(endpoint: Endpoint | string | number): string {
  if (typeof endpoint !== 'object') return String(endpoint)
  const { path, host, port } = endpoint
  return path ?? `${host ?? 'localhost'}:${port ?? 6379}`
}

/** What went wrong with Redis, with its address and, where one is known, what to do. */
export function redisFailure(client: RedisClient, thrown: Error): DiscoveryError {
  if (thrown instanceof DiscoveryError) return thrown
  const error = causeOf(thrown)
  const systemCode = 'code' in error ? String(error.code) : ''
  const adviceOf = (advice: Readonly<Record<string, string>>) =>
    Object.entries(advice).find(([begin]) => begin === systemCode || error.message.includes(begin))?.[1]
  const refusal = adviceOf(refusals)
  const what = refusal ?? adviceOf(failures)
  const said = error.message || systemCode || error.name
  const message = `Redis at ${addressOf(client)}: ${what === undefined ? '' : `${what}: `}${said}`
  return new DiscoveryError(refusal === undefined ? 'REGISTRY_UNAVAILABLE' : 'REGISTRY_REFUSED', message, { cause: error })
}

/** No answer came in time. @param connectionError the last that the client told, where it is not connected */
export function redisTimeout(client: RedisClient, afterMs: number, connectionError: Error | undefined): DiscoveryError {
  if (connectionError !== undefined) return redisFailure(client, connectionError)
  const hint = (client.options as { readonly tls?: unknown }).tls ? '; does it speak TLS at that port?' : ''
  const message = `Redis at ${addressOf(client)} did not answer within ${durationText(afterMs)}; its client is ${client.status}${hint}`
  return new DiscoveryError('REGISTRY_UNAVAILABLE', message)
}

/**
 * What Redis said. A cluster's client wraps what the last node said. An answer of Redis comes with the command that it was given, whose
 * arguments, such as a password, would be logged: it is left out.
 */
function causeOf(error: Error): Error {
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return causeOf(error.lastNodeError)
  if (!('command' in error)) return error
  const answer = new Error(error.message)
  answer.name = error.name
  return answer
}
