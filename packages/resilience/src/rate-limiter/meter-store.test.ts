import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MeterStore } from './meter-store.js'

it('remembers the keys that were used last, as a list would', () => {
  const step = fc.record({
    do: fc.constantFrom('use' as const, 'look' as const),
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e', '', undefined),
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (maxKeys, steps) => {
      let made = 0
      const store = new MeterStore(() => made++, maxKeys)
      const unnamed = made - 1
      let model: { readonly key: string; readonly meter: number }[] = []
      for (const { do: action, key } of steps) {
        const before = made
        const meter = store[action](key)
        if (key === undefined) {
          expect(meter).toBe(unnamed)
          continue
        }
        const known = model.find((one) => one.key === key)
        expect(meter).toBe(known?.meter ?? before)
        if (action === 'use') model = [...model.filter((one) => one.key !== key), { key, meter }].slice(-maxKeys)
        expect(store.size).toBe(model.length)
      }
    }),
  )
})
