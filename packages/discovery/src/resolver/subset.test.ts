import { expect, it } from 'vitest'
import { LoadBalancerFactory } from '../load-balancers/load-balancer-factory.js'
import { maxIdleSubsets, Subsets } from './subset.js'

it('keeps the subsets that are asked for, however many others requests make up', () => {
  const subsets = new Subsets((strategy) => LoadBalancerFactory.create(strategy))
  const whole = subsets.get(undefined)
  const zone = subsets.get({ zone: 'a' })
  const rare = subsets.get({ zone: 'rare' })
  for (let made = 0; made < 2 * maxIdleSubsets; made++) {
    subsets.get({ tags: [`${made}`] })
    expect(subsets.get({})).toBe(whole)
    expect(subsets.get({ zone: 'a' })).toBe(zone)
  }
  expect(subsets.get({ zone: 'rare' })).not.toBe(rare)
})
