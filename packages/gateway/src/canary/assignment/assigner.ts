import { hash32, type Random } from '@hazeljs/core'
import type { CanaryConfig } from '../../config/canary-config.js'
import { networkOf } from '../../http/client-address.js'
import { cookieValue } from '../../http/cookies.js'
import { headerValue } from '../../http/header-lookup.js'
import { type Assignment, canaryWithoutEvidence, noBucket, stableWithoutEvidence } from './assignment.js'
import { stickyBuckets } from '../rollout/fresh-keys.js'

type KeyReader = (rawHeaders: readonly string[], clientIp: string) => string | undefined

/** Buckets of a weight are not always a whole number where they should be: 7.000000000000001. */
const tolerance = 1e-6

/**
 * Says which arm a request goes to: the one that a tester wished, else the one of its key, else one by chance.
 *
 * A key's bucket is a function of the salt and the key alone, so processes with one salt assign alike without asking one another, and a
 * higher weight only moves keys from stable to the canary.
 */
export class Assigner {
  readonly #random: Random
  readonly #seed: number
  readonly #keyOf: KeyReader | undefined
  readonly #issues: boolean
  readonly #overrideHeader: string | undefined
  readonly #overrideCookie: string | undefined
  readonly #stableVersion: string
  readonly #canaryVersion: string
  #drawn = drawnIn(0)

  /** @param salt with another one, other keys come to the canary first */
  constructor({ stable, canary, stickyBy, override }: CanaryConfig, salt: string, random: Random) {
    this.#random = random
    this.#seed = hash32(salt)
    this.#keyOf = keyReader(stickyBy)
    this.#issues = typeof stickyBy === 'object' && 'cookie' in stickyBy && stickyBy.issue === true
    this.#overrideHeader = override?.header?.toLowerCase()
    this.#overrideCookie = override?.cookie
    this.#stableVersion = stable.version
    this.#canaryVersion = canary.version
  }

  /**
   * @param weight of the canary, in per cent
   * @param epoch that the assignment is evidence in
   * @param overridable whether testers may choose
   */
  assign(rawHeaders: readonly string[], clientIp: string, weight: number, epoch: number, overridable: boolean): Assignment {
    if (overridable) {
      const wished = this.#wished(rawHeaders)
      if (wished !== undefined) return wished
    }
    const keyOf = this.#keyOf
    if (keyOf !== undefined) {
      const key = keyOf(rawHeaders, clientIp)
      if (key !== undefined && key !== '') return this.#keyed(key, weight, epoch)
      // Where all requests go to one arm, nobody needs a key yet.
      if (this.#issues && weight > 0 && weight < 100) {
        const issuedKey = newKey(this.#random)
        return { ...this.#keyed(issuedKey, weight, epoch), issuedKey }
      }
    }
    const isCanary = weight > 0 && (weight >= 100 || this.#random.next() * 100 < weight)
    if (this.#drawn.epoch !== epoch) this.#drawn = drawnIn(epoch)
    return isCanary ? this.#drawn.canary : this.#drawn.stable
  }

  #keyed(key: string, weight: number, epoch: number): Assignment {
    const bucket = (hash32(key, this.#seed) >>> 0) % stickyBuckets
    return { arm: bucket < (weight * stickyBuckets) / 100 - tolerance ? 'canary' : 'stable', epoch, bucket }
  }

  #wished(rawHeaders: readonly string[]): Assignment | undefined {
    const header = this.#overrideHeader
    const byHeader = header === undefined ? undefined : this.#named(headerValue(rawHeaders, header))
    if (byHeader !== undefined) return byHeader
    const cookie = this.#overrideCookie
    return cookie === undefined ? undefined : this.#named(cookieValue(rawHeaders, cookie))
  }

  #named(wish: string | undefined): Assignment | undefined {
    if (wish === undefined) return undefined
    if (wish === 'stable') return stableWithoutEvidence
    if (wish === 'canary') return canaryWithoutEvidence
    if (wish === this.#stableVersion) return stableWithoutEvidence
    return wish === this.#canaryVersion ? canaryWithoutEvidence : undefined
  }
}

function drawnIn(epoch: number): { readonly epoch: number; readonly stable: Assignment; readonly canary: Assignment } {
  return {
    epoch,
    stable: Object.freeze({ arm: 'stable', epoch, bucket: noBucket }),
    canary: Object.freeze({ arm: 'canary', epoch, bucket: noBucket }),
  }
}

function keyReader(stickyBy: CanaryConfig['stickyBy']): KeyReader | undefined {
  if (stickyBy === undefined) return undefined
  if (stickyBy === 'ip') return (_rawHeaders, clientIp) => networkOf(clientIp)
  if ('cookie' in stickyBy) {
    const { cookie } = stickyBy
    return (rawHeaders) => cookieValue(rawHeaders, cookie)
  }
  const header = stickyBy.header.toLowerCase()
  return (rawHeaders) => headerValue(rawHeaders, header)
}

/** 64 bits as hexadecimal digits. */
function newKey(random: Random): string {
  return eightDigits(random) + eightDigits(random)
}

const digits = '0123456789abcdef'

/** The lowest first: `toString(16)` takes ten times as long. */
function eightDigits(random: Random): string {
  let text = ''
  for (let left = 8, bits = Math.floor(random.next() * 2 ** 32); left > 0; left--, bits >>>= 4) text += digits[bits & 15] as string
  return text
}
