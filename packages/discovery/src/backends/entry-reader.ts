import { guardLogger, type Logger, type ServiceInstance, toError } from '@hazeljs/core'
import { decodeInstance } from './instance-record.js'

/** Entries remembered as corrupt at once. That there are more is said once: to say it at each reading would bury everything else. */
const maxRemembered = 1_000

/** Reports entries of a registry that are no instances: each once, until it changes. They are left out, and the others are served. */
export class CorruptEntries {
  readonly #registry: string
  readonly #logger: Logger | undefined
  readonly #reported = new Map<string, string>()
  #saidMore = false

  /** @param registry as a message names it: 'Redis' */
  constructor(registry: string, logger: Logger | undefined) {
    this.#registry = registry
    this.#logger = logger === undefined ? undefined : guardLogger(logger)
  }

  report(key: string, error: Error): void {
    const known = this.#reported.get(key)
    if (known === error.message) return
    if (known === undefined && this.#reported.size >= maxRemembered) {
      this.#reportMore(key, error)
      return
    }
    this.#reported.set(key, error.message)
    this.#warn(`an entry that is no service instance; it is left out. Correct or delete ${key}: ${error.message}`, key, error)
  }

  #reportMore(key: string, error: Error): void {
    if (this.#saidMore) return
    this.#saidMore = true
    this.#warn(
      `more than ${maxRemembered} entries that are no service instances; they are left out, as ${key}: ${error.message}`,
      key,
      error,
    )
  }

  #warn(what: string, key: string, error: Error): void {
    const message = `${this.#registry} holds ${what}`
    if (this.#logger === undefined) process.emitWarning(message, 'HazelRegistryWarning')
    else this.#logger.warn({ key, error: error.message }, message)
  }

  /** The entry is gone, or is an instance now. */
  forget(key: string): void {
    if (this.#reported.delete(key)) this.#saidMore = false
  }
}

/**
 * Reads instances that a registry holds as texts. The same text under the same key gives the same object, so that ten thousand instances of
 * which one changed cost one parse.
 */
export class EntryReader {
  readonly #corrupt: CorruptEntries
  readonly #read = new Map<string, { readonly text: string; readonly instance: ServiceInstance }>()

  constructor(corrupt: CorruptEntries) {
    this.#corrupt = corrupt
  }

  /** `undefined` for a corrupt entry, which is reported. */
  read(key: string, text: string): ServiceInstance | undefined {
    const known = this.#read.get(key)
    if (known?.text === text) return known.instance
    try {
      const instance = decodeInstance(text)
      this.#read.set(key, { text, instance })
      this.#corrupt.forget(key)
      return instance
    } catch (error) {
      this.#read.delete(key)
      this.#corrupt.report(key, toError(error))
      return undefined
    }
  }

  /** The entry is gone. */
  forget(key: string): void {
    this.#read.delete(key)
    this.#corrupt.forget(key)
  }
}
