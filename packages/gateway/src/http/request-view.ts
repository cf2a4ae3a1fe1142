import type { RequestView } from '../config/definition.js'
import type { Exchange } from '../exchange.js'

/** The request as configuration functions see it. */
export function requestView({ arrived, target, clientIp }: Exchange): RequestView {
  return { method: arrived.method, path: target.path, query: target.query.slice(1), headers: fieldsView(arrived.rawHeaders), clientIp }
}

/** Fields as configuration functions see them, from a flat list of names and values. */
export function fieldsView(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase()
    const value = raw[i + 1] as string
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}
