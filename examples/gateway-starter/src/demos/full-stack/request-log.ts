import type { Logger } from '@hazeljs/core'

/** What the gateway's line for a request holds, as far as it is shown here. */
interface RequestFields {
  readonly method?: string
  readonly path?: string
  readonly status?: number
  readonly durationMs?: number
  readonly version?: string
  readonly instance?: string
  readonly error?: string
}

/** Writes requests for people: `GET /api/users 200 in 1.9 ms, v2 on user-service:127.0.0.1:4001`. In production leave it out, or give a pino. */
export function requestLog(print: (text: string) => void): Logger {
  const plain = (fields: object, message: string) => print(`${message} ${JSON.stringify(fields)}`)
  return {
    debug: () => undefined,
    info: (fields, message) => {
      if (message === 'request') print(describe(fields))
      else plain(fields, message)
    },
    warn: plain,
    error: plain,
  }
}

function describe({ method, path, status, durationMs, version, instance, error }: RequestFields): string {
  const server = instance === undefined ? 'no service asked' : `${version === undefined ? '' : `${version} on `}${instance}`
  const why = error === undefined ? '' : `: ${error}`
  return `${method ?? '?'} ${path ?? '(malformed)'} ${status ?? 0} in ${(durationMs ?? 0).toFixed(1)} ms, ${server}${why}`
}
