import { CancelSource } from '@hazeljs/core'
import type { Outcome } from '@hazeljs/resilience'
import type { RequestView, ResponseView } from '../config/definition.js'
import type { BodyRule } from '../config/resolved.js'
import type { Exchange } from '../exchange.js'
import { keepHeadInOrder } from '../http/client-response.js'
import { fieldsView } from '../http/fields-view.js'
import { requestView } from '../http/request-view.js'
import type { Next, RouteStage } from '../stage.js'
import { isWanted, newBody } from '../transforms/call-function.js'
import { changedAnswerFields, changedRequestFields } from '../transforms/changed-fields.js'
import { contentCoding, withoutCoding } from '../transforms/content-coding.js'
import { HeldAnswer, type Treatment } from '../transforms/held-answer.js'
import { readWhole } from '../transforms/read-whole.js'
import { answerRefusals, requestRefusals } from '../transforms/refusals.js'
import { headerValue } from '../http/header-lookup.js'

/**
 * Has the route's functions change bodies, within the total time. They stand outside of the retry: a request's is changed once, and every
 * attempt sends the result; of answers they see the one that the client gets.
 */
export const transformBodies: RouteStage = ({ resolved: { transform } }) => {
  const { requestBody, responseBody } = transform ?? {}
  if (requestBody === undefined && responseBody === undefined) return undefined
  return async (exchange, next) => {
    if (requestBody !== undefined && exchange.body !== null) await changeRequest(exchange, requestBody)
    return responseBody === undefined ? next(exchange) : changeAnswer(exchange, responseBody, next)
  }
}

async function changeRequest(exchange: Exchange, rule: BodyRule<RequestView>): Promise<void> {
  const { body, arrived, context } = exchange
  const { maxBytes } = rule
  const view = requestView(exchange)
  if (body === null || !isWanted('transform.request.when', rule, view)) return
  const refusals = requestRefusals(maxBytes)
  const length = Buffer.isBuffer(body) ? body.length : Number(headerValue(arrived.rawHeaders, 'content-length') ?? 0)
  if (length > maxBytes) throw refusals.tooLarge()
  const bytes = Buffer.isBuffer(body) ? body : await readWhole(body, maxBytes, context.cancellation, refusals.tooLarge)
  exchange.body = bytes
  if (bytes.length === 0) return
  const plain = await withoutCoding(bytes, contentCoding(arrived.rawHeaders), maxBytes, refusals)
  const changed = await newBody('transform.request.body', rule, plain, view, context)
  exchange.body = changed
  exchange.upstreamHeaders = changedRequestFields(exchange.upstreamHeaders, changed.length)
}

async function changeAnswer(exchange: Exchange, rule: BodyRule<ResponseView>, next: Next): Promise<Outcome> {
  const { response: client } = exchange
  const refusals = answerRefusals(rule.maxBytes)
  const source = new CancelSource(exchange.context.cancellation)
  const context = exchange.context.under(source)
  const held = new HeldAnswer(client, {
    maxBytes: rule.maxBytes,
    treat: (status, headers) => treatmentOf(exchange, rule, status, headers),
    tooLarge: refusals.tooLarge,
    giveUp: (refusal) => {
      source.abort(refusal)
    },
  })
  exchange.context = context
  exchange.response = held
  try {
    const outcome = await next(exchange)
    if (!held.isHeld) return outcome
    const { status, headers, refusal, body } = held
    if (refusal !== undefined) throw refusal
    if (body === undefined) throw exchange.failure ?? new Error('An answer that was held has neither an end nor a failure')
    if (body.length === 0) {
      client.writeHead(status, [...headers])
    } else {
      const plain = await withoutCoding(body, contentCoding(headers), rule.maxBytes, refusals)
      const changed = await newBody('transform.response.body', rule, plain, responseView(exchange, status, headers), context)
      client.writeHead(status, changedAnswerFields(headers, changed.length))
      keepHeadInOrder(client)
      client.write(changed)
    }
    client.end()
    return outcome
  } finally {
    exchange.response = client
    source.dispose()
  }
}

const eventStream = /^text\/event-stream *(?:;|$)/i

/** Functions get what has a body that is whole and ends. An answer's 304 has to carry the validator of the answer it stands for. */
function treatmentOf(exchange: Exchange, rule: BodyRule<ResponseView>, status: number, headers: readonly string[]): Treatment {
  if (status === 304) return 'head'
  if (status === 206 || eventStream.test(headerValue(headers, 'content-type') ?? '')) return 'pass'
  if (!isWanted('transform.response.when', rule, responseView(exchange, status, headers))) return 'pass'
  return exchange.arrived.method === 'HEAD' ? 'head' : 'hold'
}

function responseView(exchange: Exchange, status: number, headers: readonly string[]): ResponseView {
  return { status, headers: fieldsView(headers), request: requestView(exchange) }
}
