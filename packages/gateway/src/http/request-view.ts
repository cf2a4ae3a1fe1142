import type { RequestView } from '../config/definition.js'
import type { Exchange } from '../exchange.js'

/** The request as configuration functions see it. */
export function requestView({ arrived, target, clientIp }: Exchange): RequestView {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (let i = 0; i < arrived.rawHeaders.length; i += 2) {
    const name = (arrived.rawHeaders[i] as string).toLowerCase()
    const value = arrived.rawHeaders[i + 1] as string
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return { method: arrived.method, path: target.path, query: target.query.slice(1), headers, clientIp }
}
