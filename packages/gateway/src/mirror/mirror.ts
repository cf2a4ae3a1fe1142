import type { InstancePicker, Lease } from '@hazeljs/discovery'
import type { Dispatcher } from 'undici'
import type { MirrorConfig } from '../config/definition.js'
import type { ArrivedRequest } from '../exchange.js'
import type { GatewayContext } from '../gateway-context.js'
import { mirrorHead } from './mirror-head.js'

/** Copies under way at once; beyond it requests are not copied. */
export const maxMirrorsInFlight = 64
/** A copy that takes longer is given up. */
export const mirrorTimeoutMs = 10_000
/** How long `waitForResponse` holds an answer back at most. */
export const maxAnswerHoldMs = 1_000
/** As much of a mirror's answer is read; of a longer one the connection is given up. */
const answerBytes = 1_048_576

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Sends copies of safe requests without a body to another service, and never lets that service's state touch the original. */
export class Mirror {
  readonly holdsAnswer: boolean
  readonly #percentage: number
  readonly #picker: InstancePicker
  readonly #gateway: GatewayContext
  #inFlight = 0

  constructor(config: Required<MirrorConfig>, gateway: GatewayContext) {
    this.holdsAnswer = config.waitForResponse
    this.#percentage = config.percentage
    this.#picker = gateway.discovery.picker(config.service)
    this.#gateway = gateway
  }

  /** Resolves when the copy has settled, or the answer has waited long enough; never rejects. `undefined`: no copy is sent. */
  send(arrived: ArrivedRequest, path: string, clientIp: string): Promise<void> | undefined {
    if (!safeMethods.has(arrived.method) || arrived.body !== null || this.#inFlight >= maxMirrorsInFlight) return undefined
    if (this.#gateway.random.next() * 100 >= this.#percentage) return undefined
    const lease = this.#picker.acquire({ key: clientIp })
    if (lease === undefined) return undefined
    return new Promise((resolve) => {
      this.#dispatch(arrived, path, lease, resolve)
      if (this.holdsAnswer) this.#gateway.clock.setTimer(resolve, maxAnswerHoldMs)
    })
  }

  close(): void {
    this.#picker.close()
  }

  #dispatch(arrived: ArrivedRequest, path: string, lease: Lease, settled: () => void): void {
    const { clock, pools } = this.#gateway
    let abort: (() => void) | undefined
    let ended = false
    const end = (outcome: 'success' | 'failure') => {
      if (ended) return
      ended = true
      this.#inFlight--
      clock.clearTimer(timer)
      lease.release(outcome)
      settled()
    }
    const timer = clock.setTimer(
      () => {
        end('failure')
        abort?.()
      },
      mirrorTimeoutMs,
      { background: true },
    )
    this.#inFlight++
    let received = 0
    const handler: Dispatcher.DispatchHandler = {
      onConnect: (abortRequest) => {
        abort = abortRequest
        if (ended) abortRequest()
      },
      onHeaders: () => true,
      onData: (chunk) => {
        received += chunk.length
        if (received > answerBytes) abort?.()
        return true
      },
      onComplete: () => {
        end('success')
      },
      onError: () => {
        end('failure')
      },
    }
    try {
      pools
        .for(lease.instance)
        .dispatch({ path, method: arrived.method as 'GET', headers: mirrorHead(arrived.rawHeaders), body: null }, handler)
    } catch {
      end('failure')
    }
  }
}
