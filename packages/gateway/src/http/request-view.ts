import type { RequestView } from '../config/definition.js'
import type { Exchange } from '../exchange.js'
import { fieldsView } from './fields-view.js'

/** The request as configuration functions see it. */
export function requestView({ arrived, target, clientIp }: Exchange): RequestView {
  return { method: arrived.method, path: target.path, query: target.query.slice(1), headers: fieldsView(arrived.rawHeaders), clientIp }
}
