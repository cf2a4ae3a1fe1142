import { toError } from '@hazeljs/core'
import { DiscoveryError } from '../../errors.js'

/** What is asked of Consul, as messages name it, and what the token has to allow for it. */
export interface Request {
  /** Goes on after "Consul refused to". */
  readonly doing: string
  /** Such as `service:write on "orders"`. */
  readonly needs: string
}

/**
 * What Consul answered instead of doing as it was asked. It stands in the place of the client's own error, which holds the whole request with
 * its token, and would be logged.
 */
class ConsulAnswer extends Error {
  override readonly name = 'ConsulAnswer'
  readonly status: number

  constructor(status: number, text: string) {
    super(text)
    this.status = status
  }
}

/** An error of the client, with what to do about it. */
export function explained({ doing, needs }: Request, thrown: unknown): DiscoveryError {
  const cause = toError(thrown)
  const status = 'statusCode' in cause && typeof cause.statusCode === 'number' ? cause.statusCode : undefined
  if (status === undefined) {
    const message = `Consul did not answer when asked to ${doing}: ${cause.message}. Check that the agent runs, and the client's host, port and TLS`
    return new DiscoveryError('REGISTRY_UNAVAILABLE', message, { cause })
  }
  const answer = new ConsulAnswer(status, answerOf(cause) ?? cause.message)
  const message = `Consul refused to ${doing}: ${answer.message} (status ${status})${advice(answer, needs)}`
  return new DiscoveryError(status === 403 ? 'REGISTRY_REFUSED' : 'REGISTRY_UNAVAILABLE', message, { cause: answer })
}

/** Whether the agent has no service, or no check, of the id that it was asked about. Before Consul 1.10 it said so with status 500. */
export function saysUnknown(error: unknown): boolean {
  const answer = error instanceof DiscoveryError ? error.cause : undefined
  if (!(answer instanceof ConsulAnswer)) return false
  return answer.status === 404 || (answer.status === 500 && /does not have associated TTL|Unknown (check|service)/i.test(answer.message))
}

function advice({ status, message }: ConsulAnswer, needs: string): string {
  if (status === 403) return `. The token of the client has to allow ${needs}`
  if (status === 404 && !message.startsWith('Unknown')) return `. Is it the HTTP port of a Consul agent?`
  if (status === 429) return `. A watched service takes a connection: raise limits.http_max_conns_per_client of the agent`
  return ''
}

function answerOf(error: Error): string | undefined {
  const response: unknown = 'response' in error ? error.response : undefined
  const body: unknown = typeof response === 'object' && response !== null && 'body' in response ? response.body : undefined
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body.toString().trim() : ''
  return text === '' ? undefined : text
}
