import { expect, it } from 'vitest'
import { compose } from '../../compose.js'
import type { CallContext, CallOptions, Policy } from '../../policy.js'
import { toContext } from '../../policy.js'
import { Timeout } from '../../timeout/timeout.js'
import type { PolicyContractOptions } from './contract-parts.js'
import { policyContract } from './policy-contract.js'

/** The names of the tests that a policy fails. */
async function failedTests(make: (clock: ConstructorParameters<typeof Timeout>[1]) => Policy<unknown>, options?: PolicyContractOptions) {
  const tests: { name: string; body: () => Promise<void> }[] = []
  policyContract({ describe: (_, body) => body(), it: (name, body) => tests.push({ name, body }) }, (clock) => make(clock), options)
  const failed: string[] = []
  for (const { name, body } of tests) await body().catch(() => failed.push(name))
  return failed
}

type Execute = Policy<unknown>['execute']
const policy = (execute: Execute): Policy<unknown> => ({ execute })
const careful: Execute = async (call, given) => {
  const context = toContext(given)
  if (context.aborted) throw context.cancellation.reason
  return call(context)
}
const dropped = (given: CallContext | CallOptions | undefined): CallOptions => ({ signal: given?.signal })

it('is content with a policy that does nothing, carefully', async () => {
  expect(await failedTests(() => policy(careful))).toEqual([])
})

const broken: [string, Execute, string[]][] = [
  [
    'throws out of execute',
    (call, given) => Promise.resolve(call(toContext(given))),
    ['the failure of a call that throws, but never out of execute'],
  ],
  [
    'copies results',
    async (call, given) => ({ ...((await careful(call, given)) as object) }),
    ['the very result of the call, which ran once', 'a function, where the call returned that and no promise'],
  ],
  [
    'wraps failures',
    (call, given) => careful(call, given).catch((cause: unknown) => Promise.reject(new Error('wrapped', { cause }))),
    ['the failure of a call that rejects', 'a thrown value that is no error'],
  ],
  [
    'runs twice',
    async (call, given) => (await careful(call, given), careful(call, given)),
    ['the very result of the call, which ran once'],
  ],
  [
    'drops the options',
    (call, given) => careful(call, dropped(given)),
    ['the options of the caller, as the call sees them', 'the options and the deadline of the policies around it'],
  ],
  [
    'drops the signal',
    (call) => careful(call),
    [
      'beforehand: the call does not run',
      'while the call runs: its context is aborted, and its end is the end',
      '200 times: no place is lost',
    ],
  ],
  ['looks at no signal', async (call, given) => call(toContext(given)), ['beforehand: the call does not run']],
  [
    'keeps a listener',
    (call, given) => {
      given?.signal?.addEventListener('abort', () => undefined)
      return careful(call, given)
    },
    ['no timer and no listener by a call that succeeded', 'no timer and no listener by a call that threw'],
  ],
]

it.each(broken)('finds out a policy that %s', async (_name, execute, expected) => {
  expect(await failedTests(() => policy(execute))).toEqual(expect.arrayContaining(expected))
})

it('finds out a policy that keeps timers, places or results to itself', async () => {
  const timers = await failedTests((clock) => policy((call, given) => (clock?.setTimer(() => undefined, 1e9), careful(call, given))))
  expect(timers).toContain('no timer and no listener by a call that failed')
  const places = await failedTests(() => {
    let left = 150
    return policy((call, given) => (left-- > 0 ? careful(call, given) : Promise.reject(new Error('full'))))
  })
  expect(places).toEqual(['200 times: no place is lost'])
  const mixed = await failedTests(() => {
    let last: Promise<unknown> | undefined
    return policy((call, given) => (last ??= careful(call, given).finally(() => (last = undefined))))
  })
  expect(mixed).toContain('100 calls at once do not mix')
})

it('holds a policy to the time that it promises, and to what it makes of failures', async () => {
  const late = 'gives up a call that never ends, and tells it why'
  expect(await failedTests((clock) => new Timeout(500, clock), { timeoutMs: 500 })).toEqual([])
  expect(await failedTests((clock) => new Timeout(900, clock), { timeoutMs: 500 })).toEqual([late])
  expect(await failedTests(() => compose(), { failures: 'wrapped' })).toContain('the failure of a call that rejects')
  expect(await failedTests(() => compose(), { failures: 'answered' })).toContain('the failure of a call that rejects')
})
