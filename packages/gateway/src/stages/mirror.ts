import type { Outcome } from '@hazeljs/resilience'
import type { Exchange } from '../exchange.js'
import type { MirrorCopy } from '../mirror/mirror-copy.js'
import type { Next, RouteStage } from '../stage.js'

/** Sends a copy elsewhere. The request goes on at once; its answer waits for the copy only where the route says so. */
export const mirror: RouteStage = (route) => {
  const { mirror: copies, canary } = route
  if (copies === undefined) return undefined
  const canaryVersion = canary?.canary.version
  // The canary's own answers, by its arm or asked for by name, would say nothing of how the mirror differs from stable.
  const comparable = ({ assignment, subset }: Exchange) =>
    canaryVersion === undefined || (assignment === undefined ? subset?.version !== canaryVersion : assignment.arm !== 'canary')
  return (exchange, next) => {
    if (exchange.upgrade !== undefined) return next(exchange) // half of a conversation is none
    const copy = copies.copy(exchange, comparable(exchange))
    if (copy === undefined) return next(exchange)
    if (copies.holdsAnswer) exchange.answerHold = copy.hold()
    exchange.answerCapture = copy.primaryAnswer
    return accompanied(copy, exchange, next)
  }
}

async function accompanied(copy: MirrorCopy, exchange: Exchange, next: Next): Promise<Outcome> {
  let outcome: Outcome = 'ignored' // what rejects is no answer of the service
  try {
    outcome = await next(exchange)
    return outcome
  } finally {
    copy.requestEnded(outcome)
  }
}
