import type { InstancePicker } from '@hazeljs/discovery'
import type { ArrivedRequest } from '../arrived-request.js'
import type { MirrorConfig } from '../config/mirror-config.js'
import type { GatewayContext } from '../gateway-context.js'
import { DiffReport } from './diff/diff-report.js'
import { MirrorCall } from './mirror-call.js'
import { mirrorHead } from './mirror-head.js'

/** Copies under way at once; beyond it requests are not copied. */
export const maxMirrorsInFlight = 64
/** How long `waitForResponse` holds an answer back at most. */
export const maxAnswerHoldMs = 1_000

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Sends copies of safe requests without a body to another service, and never lets that service's state touch the original. */
export class Mirror {
  readonly holdsAnswer: boolean
  readonly #percentage: number
  readonly #picker: InstancePicker
  readonly #gateway: GatewayContext
  readonly #report = new DiffReport()
  #inFlight = 0

  constructor(config: Required<MirrorConfig>, gateway: GatewayContext) {
    this.holdsAnswer = config.waitForResponse
    this.#percentage = config.percentage
    this.#picker = gateway.discovery.picker(config.service)
    this.#gateway = gateway
  }

  /**
   * Sends a copy of a request with the path and the fields that its instance gets. Resolves when the copy has settled, or an answer has
   * waited long enough for it; never rejects. `undefined`: no copy is sent.
   */
  send({ method, body }: ArrivedRequest, path: string, headers: readonly string[], clientIp: string): Promise<void> | undefined {
    if (!safeMethods.has(method) || body !== null || this.#inFlight >= maxMirrorsInFlight) return undefined
    const { clock, pools, random } = this.#gateway
    if (random.next() * 100 >= this.#percentage) return undefined
    const lease = this.#picker.acquire({ key: clientIp })
    if (lease === undefined) return undefined
    this.#inFlight++
    return new Promise((resolve) => {
      const hold = this.holdsAnswer ? clock.setTimer(resolve, maxAnswerHoldMs) : undefined
      const call = new MirrorCall(lease, clock, () => {
        this.#inFlight--
        clock.clearTimer(hold)
        resolve()
      })
      try {
        call.start(pools.for(lease.instance), { method, target: path, headers: mirrorHead(headers), body: null, upgrade: undefined })
      } catch {
        call.giveUp()
      }
    })
  }

  /** Since the route was made: pairs of answers of which it is known whether they differ, and those that do. Without `diff` both stay 0. */
  diffRate(): { readonly compared: number; readonly different: number } {
    return this.#report.rate
  }

  close(): void {
    this.#picker.close()
  }
}
