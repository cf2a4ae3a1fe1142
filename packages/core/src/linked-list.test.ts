import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LinkedList, type ListNode } from './linked-list.js'

it('is an array from which anything can be taken', () => {
  const step = fc.oneof(fc.record({ append: fc.nat() }), fc.record({ remove: fc.nat(30) }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const list = new LinkedList<number>()
      const model: ListNode<number>[] = []
      const ever: ListNode<number>[] = []
      for (const one of steps) {
        if ('append' in one) {
          const node = list.append(one.append)
          model.push(node)
          ever.push(node)
          continue
        }
        const node = ever[one.remove]
        if (node === undefined) continue
        const index = model.indexOf(node)
        expect(list.remove(node)).toBe(index >= 0)
        if (index >= 0) model.splice(index, 1)
      }
      expect([...list]).toEqual(model.map(({ value }) => value))
      expect([list.length, list.first, list.last]).toEqual([model.length, model[0], model.at(-1)])
    }),
  )
})

it('takes nothing out of another list', () => {
  const [one, other] = [new LinkedList<string>(), new LinkedList<string>()]
  const node = one.append('a')
  expect(other.remove(node)).toBe(false)
  expect([...one]).toEqual(['a'])
})
