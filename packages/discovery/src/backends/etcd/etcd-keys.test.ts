import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EtcdKeys, rangeEnd } from './etcd-keys.js'

const keys = new EtcdKeys('p/')
const text = fc.oneof(fc.string({ minLength: 1 }), fc.string({ unit: fc.constantFrom('a', '/', '%', '2', 'F', '5', ':'), minLength: 1 }))

describe('EtcdKeys', () => {
  it('stay readable', () => {
    expect(keys.instance('orders', 'orders:127.0.0.1:3000')).toBe('p/services/orders/orders:127.0.0.1:3000')
    expect(keys.instance('a/b', 'a/b:[::1]:80')).toBe('p/services/a%2Fb/a%2Fb:[::1]:80')
    expect(keys.farewell('orders', 'x')).toBe('p/services/orders/x/deregistered')
    expect(keys.pointer('orders:[::1]:80')).toBe('p/ids/orders:[::1]:80')
  })

  it('tell the service and the instance that they were made for', () => {
    fc.assert(
      fc.property(text, text, (name, id) => {
        expect(keys.read(name, keys.instance(name, id))).toEqual({ id, isFarewell: false })
        expect(keys.read(name, keys.farewell(name, id))).toEqual({ id, isFarewell: true })
        expect(keys.serviceOf(keys.instance(name, id))).toBe(name)
        expect(keys.serviceOf(keys.farewell(name, id))).toBeUndefined()
      }),
    )
  })

  it('of one service are never in the range of another', () => {
    fc.assert(
      fc.property(text, text, text, (name, other, id) => {
        fc.pre(name !== other)
        const key = keys.instance(name, id)
        expect(key >= keys.service(name) && key < rangeEnd(keys.service(name))).toBe(true)
        expect(key >= keys.service(other) && key < rangeEnd(keys.service(other))).toBe(false)
      }),
    )
  })

  it.each(['p/services/orders', 'p/services/orders/', 'p/services/orders/x/y'])('know nothing of %s', (key) => {
    expect(keys.serviceOf(key)).toBeUndefined()
    expect(keys.read('orders', key)).toBeUndefined()
  })
})
