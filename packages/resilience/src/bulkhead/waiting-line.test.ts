import type { ListNode } from '@hazeljs/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { WaitingLine } from './waiting-line.js'

type Step = { readonly do: 'join'; readonly line: number } | { readonly do: 'leave'; readonly which: number } | { readonly do: 'shift' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('join' as const), line: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ do: fc.constant('leave' as const), which: fc.nat(50) }),
  fc.record({ do: fc.constant('shift' as const) }),
)

it('serves like three arrays, the first before the second before the third', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const line = new WaitingLine<number>(3)
      const model: number[][] = [[], [], []]
      const places: { readonly id: number; readonly place: ListNode<number> }[] = []
      for (const next of steps) {
        if (next.do === 'join') {
          const id = places.length
          places.push({ id, place: line.join(id, next.line) })
          model[next.line]?.push(id)
        } else if (next.do === 'leave') {
          const left = places[next.which]
          if (left === undefined) continue
          line.leave(left.place)
          model.forEach((ids, index) => (model[index] = ids.filter((id) => id !== left.id)))
        } else expect(line.shift()).toBe(model.find((ids) => ids.length > 0)?.shift())
        expect(line.length).toBe(model.flat().length)
      }
      for (const id of model.flat()) expect(line.shift()).toBe(id)
      expect(line.shift()).toBeUndefined()
    }),
  )
})
