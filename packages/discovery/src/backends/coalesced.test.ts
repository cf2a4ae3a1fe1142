import { expect, it } from 'vitest'
import { coalesced } from './coalesced.js'

it('acts once for all that ask in one turn, and again for the next', async () => {
  let acted = 0
  const ask = coalesced(() => acted++)
  ask()
  ask()
  expect(acted).toBe(0)
  await Promise.resolve()
  expect(acted).toBe(1)
  ask()
  await Promise.resolve()
  expect(acted).toBe(2)
})
