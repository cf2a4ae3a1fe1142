import type { ServiceInstance } from '@hazeljs/core'
import { FakeClock } from '@hazeljs/core/testing'
import { describe, expect, it } from 'vitest'
import { sampleInstance } from '../../testing/index.js'
import { FollowedService, type Listing } from './followed-service.js'

const instance = (id: string) => sampleInstance({ id })
const listing = (index: string | undefined, alive: string, entries = alive, isFiltered = false): Listing => ({
  index,
  instances: [...alive].map(instance),
  ids: new Set(entries),
  isFiltered,
})
const text = (instances: Iterable<ServiceInstance>) =>
  Array.from(instances, ({ id }) => id)
    .sort()
    .join('')

function setup() {
  const clock = new FakeClock()
  const told: string[] = []
  let last = ''
  const sink = {
    state: (instances: Iterable<ServiceInstance>, deregistered: ReadonlySet<string> = new Set()) => {
      const left = [...last].filter((id) => deregistered.has(id)).join('')
      last = text(instances)
      told.push(`${last} -${left}`)
    },
    failed: (error: Error) => told.push(error.message),
  }
  return { clock, told, service: new FollowedService(sink, 1_000, clock) }
}

describe('FollowedService', () => {
  it('takes those without an entry for deregistered, and those with one for expired', () => {
    const { service, told } = setup()
    service.take(listing('5', 'abc'))
    service.take(listing('6', 'a', 'ab'))
    service.take(listing('7', 'a', 'a'))
    expect(told).toEqual(['abc -', 'a -c', 'a -'])
  })

  it('cannot tell after a failure, nor when the token does not see all', () => {
    const { service, told } = setup()
    service.take(listing('5', 'abc'))
    service.fail(new Error('cut'))
    service.take(listing('6', 'ab'))
    service.take(listing('7', 'a', 'a', true))
    service.take(listing('8', ''))
    expect(told).toEqual(['abc -', 'cut', 'ab -', 'a -', ' -a'])
  })

  it('keeps whom a registry that began anew does not know yet, for a while', async () => {
    const { service, told, clock } = setup()
    service.take(listing('50', 'abc'))
    service.fail(new Error('cut'))
    service.take(listing('12', ''))
    service.take(listing('14', 'a'))
    expect(told.slice(2)).toEqual(['abc -', 'abc -'])
    await clock.advance(999)
    service.take(listing('15', 'ab'))
    expect(told.at(-1)).toBe('abc -')
    await clock.advance(1)
    expect(told.at(-1)).toBe('ab -')
    service.take(listing('16', 'b'))
    expect(told.at(-1)).toBe('b -a')
  })

  it('keeps each for its own while, and says nothing at the end while it fails', async () => {
    const { service, told, clock } = setup()
    service.take(listing('50', 'ab'))
    service.take(listing('12', 'a'))
    await clock.advance(600)
    service.take(listing('11', ''))
    expect(told.at(-1)).toBe('ab -')
    await clock.advance(400)
    expect(told.at(-1)).toBe('a -')
    service.fail(new Error('cut'))
    await clock.advance(600)
    expect(told.at(-1)).toBe('cut')
    service.take(listing('13', ''))
    expect(told.at(-1)).toBe(' -')
  })

  it('keeps those whose lease ran out while nobody could renew it, until they are back, deregistered, or too late', async () => {
    const { service, told, clock } = setup()
    service.take(listing('5', 'abcd'))
    service.fail(new Error('hangs'))
    service.take(listing('9', '', 'abc'))
    expect(told.at(-1)).toBe('abc -')
    service.take(listing('10', 'a', 'abc'))
    service.take(listing('11', 'a', 'ac'))
    expect(told.at(-1)).toBe('ac -b')
    await clock.advance(1_000)
    expect(told.at(-1)).toBe('a -')
    service.take(listing('12', '', 'a'))
    expect(told.at(-1)).toBe(' -')
  })

  it('keeps those too whose lease is seen to have run out only after the first answer', async () => {
    const { service, told, clock } = setup()
    service.take(listing('5', 'ab'))
    service.fail(new Error('hangs'))
    service.take(listing('6', 'ab'))
    await clock.advance(600)
    service.take(listing('7', '', 'ab'))
    service.take(listing('8', 'a', 'ab'))
    expect(told.at(-1)).toBe('ab -')
    await clock.advance(400)
    expect(told.at(-1)).toBe('a -')
    service.take(listing('9', '', 'ab'))
    expect(told.at(-1)).toBe(' -')
  })

  it('completes a listing that saw the new beginning first, and no other', () => {
    const { service } = setup()
    service.take(listing('50', 'ab'))
    expect(text(service.complete(listing('12', 'c')))).toBe('abc')
    expect(text(service.complete(listing('51', 'c')))).toBe('c')
    expect(text(service.complete(listing(undefined, 'c')))).toBe('c')
    service.take(listing('12', 'c'))
    expect(text(service.complete(listing('13', 'c')))).toBe('abc')
    expect(text(service.complete(listing('13', 'bc')))).toBe('abc')
    service.fail(new Error('hangs'))
    expect(text(service.complete(listing('14', '', 'c')))).toBe('abc')
    expect(text(service.complete(listing('14', '')))).toBe('ab')
  })

  it('sets no timer that outlives it', async () => {
    const { service, told, clock } = setup()
    service.take(listing('50', 'ab'))
    service.take(listing('12', ''))
    service.stop()
    await clock.advance(5_000)
    expect(told).toHaveLength(2)
  })
})
