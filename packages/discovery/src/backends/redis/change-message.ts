import { show } from '@hazeljs/core'

/** Where a change stands in the order of all changes of a service. */
export interface ChangeCount {
  /** Empty while the service has had no change. */
  readonly epoch: string
  readonly sequence: number
}

export interface Change extends ChangeCount {
  /** How long after it the next lease ends; negative without any. */
  readonly untilExpiryMs: number
  readonly kind: 'put' | 'deregistered' | 'expired'
  /** Of one instance that was put, or of all that left. */
  readonly ids: readonly string[]
  /** The instance that was put, as JSON; else empty. */
  readonly text: string
}

const pattern = /^(\d+) (\d+) (-?\d+) (put|deregistered|expired)\n(\[[^\n]*\])\n([^]*)$/
const shownLength = 80

/**
 * A change as a script told it on a channel.
 *
 * @throws {Error} naming what makes it none.
 */
export function readChange(message: string): Change {
  const match = pattern.exec(message)
  if (match === null) throw new Error(`expected a change, got ${show(message.slice(0, shownLength))}`)
  const [, epoch = '', sequence, untilExpiryMs, kind, ids = '', text = ''] = match
  return {
    epoch,
    sequence: Number(sequence),
    untilExpiryMs: Number(untilExpiryMs),
    kind: kind as Change['kind'],
    ids: JSON.parse(ids) as readonly string[],
    text,
  }
}
