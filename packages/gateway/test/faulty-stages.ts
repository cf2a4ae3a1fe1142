import type { Exchange } from '../src/exchange.js'
import type { Next, Stage } from '../src/stage.js'

/** Which stage breaks, and how. */
export interface Fault {
  stage: string
  how: 'throws' | 'throws text' | 'rejects' | 'throws after the rest'
}

type Make = (...args: never[]) => Stage | undefined

/** A stage's module, whose stage breaks when `fault` names it. A stage that the route doesn't use takes part all the same. */
export async function faulty(fault: Fault, name: string, load: () => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const original = await load()
  const make = original[name] as Make
  const broken: Make = (...args) => {
    const stage = make(...args)
    const run = (exchange: Exchange, next: Next) => (stage === undefined ? next(exchange) : stage(exchange, next))
    return (exchange, next) => (fault.stage === name ? breakDown(fault, () => run(exchange, next)) : run(exchange, next))
  }
  return { ...original, [name]: broken }
}

function breakDown({ how }: Fault, run: () => ReturnType<Next>): ReturnType<Next> {
  const error = new Error('secret-10.0.0.1')
  if (how === 'throws') throw error
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- what libraries throw is not always an error
  if (how === 'throws text') throw 'secret-10.0.0.1'
  if (how === 'rejects') return Promise.reject(error)
  return run().then(() => {
    throw error
  })
}
