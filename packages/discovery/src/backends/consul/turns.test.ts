import { expect, it } from 'vitest'
import { Turns } from './turns.js'

it('lets calls about the same thing wait for each other, also for one that fails, and no others', async () => {
  const turns = new Turns()
  const order: string[] = []
  let endFirst = (): void => undefined
  const first = turns.take('a', () => new Promise<void>((resolve) => (endFirst = resolve)))
  const second = turns.take('a', () => {
    order.push('second')
    return Promise.reject(new Error('no'))
  })
  const third = turns.take('a', async () => order.push('third'))
  await turns.take('b', async () => order.push('other'))
  endFirst()
  await first
  await expect(second).rejects.toThrow('no')
  await third
  expect(order).toEqual(['other', 'second', 'third'])
  expect(await turns.take('a', async () => 'again')).toBe('again')
})
