import { describe, expect, it } from 'vitest'
import { parseLabelSelector } from './label-selector.js'

describe('parseLabelSelector', () => {
  it.each([
    ['', {}, true],
    ['a', { a: '' }, true],
    ['a', { b: '1' }, false],
    ['!a', { b: '1' }, true],
    ['!a', { a: '1' }, false],
    ['a=1', { a: '1' }, true],
    ['a == 1', { a: '1' }, true],
    ['a=', { a: '' }, true],
    ['a=1', { a: '2' }, false],
    ['a=1', {}, false],
    ['a!=1', { a: '2' }, true],
    ['a!=1', {}, true],
    ['a!=1', { a: '1' }, false],
    ['kubernetes.io/service-name=orders,b', { 'kubernetes.io/service-name': 'orders', b: '' }, true],
    ['kubernetes.io/service-name=orders,b', { 'kubernetes.io/service-name': 'orders' }, false],
    ['a in (1, 2)', { a: '2' }, true],
    ['a in (1, 2),b', { a: '2' }, false],
    ['a in (1, 2)', { a: '3' }, false],
    ['a in (1, 2)', {}, false],
    ['a notin (1,2)', { a: '3' }, true],
    ['a notin (1,2)', {}, true],
    ['a notin (1,2)', { a: '1' }, false],
  ])('%s of %j is %s', (selector, labels, selected) => {
    expect(parseLabelSelector(selector)(labels as Record<string, string>)).toBe(selected)
  })

  it.each(['a b', 'a in 1', 'a in (1', '=1', 'a=1=2'])('refuses %s', (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow('unable to parse requirement')
  })
})
