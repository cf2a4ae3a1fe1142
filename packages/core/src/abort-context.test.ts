import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, it } from 'vitest'
import { CancelSource } from './abort.js'

const request = new AsyncLocalStorage<string>()

it.each([
  ['listeners', (source: CancelSource, listener: () => void) => source.onAbort(listener)],
  ['listeners of the signal', (source: CancelSource, listener: () => void) => source.signal.addEventListener('abort', listener)],
])('%s run in the asynchronous context of their call, whoever calls it off', (_, listen) => {
  const parent = new CancelSource()
  const [own, child] = [new CancelSource(), new CancelSource(parent)]
  const seen: unknown[] = []
  request.run('mine', () => {
    for (const source of [own, child]) listen(source, () => seen.push(request.getStore()))
  })
  request.run('of another', () => {
    own.abort('over')
    parent.abort('over')
  })
  expect(seen).toEqual(['mine', 'mine'])
})
