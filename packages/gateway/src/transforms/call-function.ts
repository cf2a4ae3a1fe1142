import { show } from '@hazeljs/core'
import { type CallContext, TimeoutError } from '@hazeljs/resilience'
import type { BodyRule } from '../config/resolved.js'
import { GatewayError } from '../errors.js'

/**
 * Has a function of the configuration make a body. `name` is what errors call it.
 *
 * @throws GatewayError: the function's own, or `INTERNAL` where it throws anything else, gives what is no body, or has not settled when
 * the route's time is over; the reason of any other abort.
 */
export function newBody<View>(name: string, { body }: BodyRule<View>, bytes: Buffer, view: View, context: CallContext): Promise<Buffer> {
  const { cancellation } = context
  return new Promise((resolve, reject) => {
    const onAbort = (reason: unknown) => {
      reject(reason instanceof TimeoutError ? failed(new Error(`${name} had not settled when the route's time was over`)) : reason)
    }
    if (cancellation.aborted) {
      onAbort(cancellation.reason)
      return
    }
    cancellation.onAbort(onAbort)
    const made = async () => toBytes(name, await body(bytes, view, context))
    void made()
      .then(resolve, (thrown: unknown) => {
        reject(failed(thrown))
      })
      .finally(() => {
        cancellation.offAbort(onAbort)
      })
  })
}

/** Whether a rule is for this message. @throws GatewayError as {@link newBody} does. */
export function isWanted<View>(name: string, { when }: BodyRule<View>, view: View): boolean {
  if (when === undefined) return true
  try {
    return toFlag(name, when(view))
  } catch (thrown) {
    throw failed(thrown)
  }
}

function failed(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('INTERNAL', { cause: thrown })
}

function toBytes(name: string, made: unknown): Buffer {
  if (typeof made === 'string') return Buffer.from(made)
  if (made instanceof Uint8Array) return Buffer.from(made.buffer, made.byteOffset, made.byteLength)
  throw new TypeError(`${name} has to give bytes or text, got ${show(made)}`)
}

/** Functions without types may be asynchronous by mistake: a promise would always be true, and nobody would wait for its rejection. */
function toFlag(name: string, flag: unknown): boolean {
  if (typeof flag === 'boolean') return flag
  Promise.resolve(flag).catch(() => undefined)
  throw new TypeError(`${name} has to give true or false at once, got ${show(flag)}`)
}
