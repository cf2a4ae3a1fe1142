import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { BulkheadError, RateLimitError, RetryExhaustedError, TimeoutError } from '../errors.js'
import { mayHaveHappened } from './never-sent.js'

const systemError = (code: string) => Object.assign(new Error(code), { code })

it.each([
  ['a system error of a connection that was not made', systemError('ECONNREFUSED'), false],
  ['what fetch throws of one', new TypeError('fetch failed', { cause: systemError('UND_ERR_CONNECT_TIMEOUT') }), false],
  ['a name without an address', systemError('ENOTFOUND'), false],
  ['a resolver that does not answer', systemError('EAI_AGAIN'), false],
  ['a rejection of an inner policy', new RateLimitError(5), false],
  ['a full bulkhead', new BulkheadError('full', ''), false],
  ['a reset connection', systemError('ECONNRESET'), true],
  ['what fetch throws of one', new TypeError('fetch failed', { cause: systemError('ECONNRESET') }), true],
  ['a connection that timed out, perhaps in use', systemError('ETIMEDOUT'), true],
  ['a timeout', new TimeoutError(5), true],
  ['a wrapper that may have done more before', new Error('step 2', { cause: systemError('ECONNREFUSED') }), true],
  ['an inner retry whose last attempt was refused', new RetryExhaustedError(2, systemError('ECONNREFUSED'), 'attempts', true), true],
  ['an error', new Error('503'), true],
  ['a thrown object that is no error', { code: 'ECONNREFUSED' }, true],
])('%s', (_, failure, happened) => {
  expect(mayHaveHappened(failure)).toBe(happened)
})

it('knows what Node says of a closed port', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')

  const failure = await new Promise<unknown>((resolve) => connect(port, '127.0.0.1').on('error', resolve))
  expect(failure).toMatchObject({ code: 'ECONNREFUSED' })
  expect(mayHaveHappened(failure)).toBe(false)
  const fetched: unknown = await fetch(`http://127.0.0.1:${port}`).catch((error: unknown) => error)
  expect(fetched).toMatchObject({ name: 'TypeError', cause: { code: 'ECONNREFUSED' } })
  expect(mayHaveHappened(fetched)).toBe(false)
})
