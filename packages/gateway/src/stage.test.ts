import { describe, expect, it } from 'vitest'
import { Exchange } from './exchange.js'
import { AnswerCollector } from './http/answer-collector.js'
import { chain, type Stage } from './stage.js'

const exchange = new Exchange(
  { method: 'GET', rawTarget: '/', rawHeaders: [], httpVersion: '1.0', body: null, peer: '', proto: 'http' },
  new AnswerCollector(),
)

describe('chain', () => {
  it('runs stages outermost first, and leaves out those that are not used', async () => {
    const order: string[] = []
    const named =
      (name: string): Stage =>
      async (given, next) => {
        order.push(`${name} in`)
        const outcome = await next(given)
        order.push(`${name} out`)
        return outcome
      }
    const last: Stage = () => {
      order.push('last')
      return Promise.resolve('success')
    }
    expect(await chain([named('a'), undefined, named('b'), last])(exchange)).toBe('success')
    expect(order).toEqual(['a in', 'b in', 'last', 'b out', 'a out'])
  })

  it('complains when the last stage goes on', () => {
    expect(() => chain([(given, next) => next(given)])(exchange)).toThrow('last stage')
  })
})
