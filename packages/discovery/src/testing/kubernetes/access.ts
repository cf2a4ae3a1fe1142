import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { faults } from './api-fault.js'

/** What may be done with EndpointSlices. */
export type ApiVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'

export const allVerbs: readonly ApiVerb[] = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']

/** Who may do what. Until somebody has to show a token or a certificate, anybody may do everything. */
export class Access {
  readonly #byToken = new Map<string, readonly ApiVerb[]>()
  readonly #certificates: boolean
  #open: boolean

  constructor(certificates: boolean) {
    this.#certificates = certificates
    this.#open = !certificates
  }

  allow(token: string, verbs: readonly ApiVerb[]): void {
    this.#open = false
    this.#byToken.set(token, verbs)
  }

  revoke(token: string): void {
    this.#byToken.delete(token)
  }

  /** @throws {ApiFaultError} 401 for somebody unknown. */
  authenticate(request: IncomingMessage): readonly ApiVerb[] {
    if (this.#open) return allVerbs
    if (this.#certificates && request.socket instanceof TLSSocket && request.socket.authorized) return allVerbs
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const verbs = token === undefined ? undefined : this.#byToken.get(token)
    if (verbs === undefined) throw faults.unauthorized()
    return verbs
  }
}

/** @throws {ApiFaultError} 403 */
export function authorize(verbs: readonly ApiVerb[], verb: ApiVerb, namespace: string | undefined): void {
  if (!verbs.includes(verb)) throw faults.forbidden('system:serviceaccount:default:test', verb, namespace)
}
