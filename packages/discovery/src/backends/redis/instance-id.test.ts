import fc from 'fast-check'
import { expect, it } from 'vitest'
import { servicesNamedBy } from './instance-id.js'

it.each([
  ['orders:127.0.0.1:3000', ['orders']],
  ['orders:::1:3000', ['orders', 'orders:', 'orders::']],
  ['team:orders:example.com:80', ['team', 'team:orders']],
  ['orders:3000', []],
  ['orders:host:http', []],
  ['orders', []],
  [':a:1', []],
  ['', []],
  ['orders::3000', []],
])('finds in the id %j the services %j', (id, services) => {
  expect(servicesNamedBy(id)).toEqual(services)
})

it('finds the service of every id that a registration makes', () => {
  const text = fc.string({ minLength: 1 })
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 65_535 }), (name, host, port) => {
      expect(servicesNamedBy(`${name}:${host}:${port}`)).toContain(name)
    }),
  )
})
