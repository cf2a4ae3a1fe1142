import { EtcdRefusal } from './etcd-errors.js'

/** Asks for a new token; `undefined` where etcd knows no users. */
export type Authenticate = () => Promise<string | undefined>

/** etcd's answer, of code FAILED_PRECONDITION, where authentication is off. */
const notEnabled = 'authentication is not enabled'

/** The token of a user: asked for once by all who need it, and kept until one of them finds that it no longer holds. */
export class EtcdToken {
  readonly #authenticate: Authenticate
  #asked: Promise<string | undefined> | undefined

  constructor(authenticate: Authenticate) {
    this.#authenticate = authenticate
  }

  /** Rejects as `authenticate` does; the next one asks anew. */
  get(): Promise<string | undefined> {
    if (this.#asked !== undefined) return this.#asked
    const asked = this.#ask()
    this.#asked = asked
    asked.catch(() => this.drop(asked))
    return asked
  }

  /** What was got no longer holds. A newer one stays. */
  drop(got: Promise<string | undefined> | undefined = this.#asked): void {
    if (this.#asked === got) this.#asked = undefined
  }

  /** Users may name themselves to an etcd that has no authentication yet. */
  async #ask(): Promise<string | undefined> {
    try {
      return await this.#authenticate()
    } catch (error) {
      if (error instanceof EtcdRefusal && error.message.includes(notEnabled)) return undefined
      throw error
    }
  }
}
