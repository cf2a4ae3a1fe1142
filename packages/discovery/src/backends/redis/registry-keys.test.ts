import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { RedisClient } from './redis-client.js'
import { RegistryKeys } from './registry-keys.js'

const keysOf = (prefix: string, options: object = {}) => new RegistryKeys(prefix, { options } as RedisClient)

/** What a cluster hashes of a key: see "Hash tags" in the specification of Redis Cluster. */
function hashed(key: string): string {
  const begin = key.indexOf('{')
  const end = key.indexOf('}', begin + 1)
  return begin >= 0 && end > begin + 1 ? key.slice(begin + 1, end) : key
}

it('puts all keys of a service in one slot, whatever its name, and under names of their own', () => {
  const name = fc.string({ minLength: 1, unit: fc.constantFrom('a', '{', '}', '%', ':', 'B', '7') })
  const prefix = fc.constantFrom('hazeljs:discovery:', '', '{app}:', 'a}b', 'a{b')
  fc.assert(
    fc.property(name, name, prefix, (one, other, begin) => {
      const { instances, expiries, changes } = keysOf(begin).ofService(one)
      expect(new Set([instances, expiries, changes].map(hashed)).size).toBe(1)
      expect(new Set([instances, expiries, changes]).size).toBe(3)
      if (one !== other) expect(keysOf(begin).ofService(other).instances).not.toBe(instances)
    }),
  )
})

it('names the key prefix and the database of the client in channels, for Redis does not', () => {
  expect(keysOf('x:').ofService('a').channel).toBe('x:{a}:changes')
  expect(keysOf('x:', { keyPrefix: 'app:', db: 2 }).ofService('a').channel).toBe('app:x:2:{a}:changes')
})
