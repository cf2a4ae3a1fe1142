import { describe, expect, it } from 'vitest'
import { decoratorSite, MetadataSlot } from './metadata.js'

class Sample {
  field = 1
  method() {}
  get accessor() {
    return this.field
  }
}

const symbol = Symbol('s')
const descriptorOf = (name: string) => Object.getOwnPropertyDescriptor(Sample.prototype, name)

/** What the standard hands to a decorator beside the value. */
const context = (kind: string, name: string | symbol | undefined, metadata: object | undefined = {}) => ({
  kind,
  name,
  static: false,
  private: false,
  metadata,
  addInitializer() {},
})

describe('decoratorSite, with experimentalDecorators', () => {
  it.each([
    ['a class', [Sample], { kind: 'class', name: 'Sample', value: Sample }],
    ['a field', [Sample.prototype, 'field', undefined], { kind: 'field', name: 'field' }],
    ['a static field', [Sample, 'fixed', undefined], { kind: 'field', name: 'fixed', static: true }],
    ['a method', [Sample.prototype, 'method', descriptorOf('method')], { kind: 'method', name: 'method', value: Sample.prototype.method }],
    ['an accessor', [Sample.prototype, 'accessor', descriptorOf('accessor')], { kind: 'other', name: 'accessor' }],
    ['a parameter', [Sample.prototype, 'method', 0], { kind: 'other', name: 'method' }],
    ['a constructor parameter', [Sample, undefined, 0], { kind: 'other', name: 'Sample', value: Sample }],
    ['a symbol', [Sample.prototype, symbol, undefined], { kind: 'field', name: 'Symbol(s)', key: symbol }],
  ])('reads %s', (_what, args, site) => {
    expect(decoratorSite(args)).toEqual({ static: false, holder: Sample, key: site.name, value: undefined, ...site })
  })
})

describe('decoratorSite, with the standard', () => {
  const metadata = {}

  it.each([
    ['class', 'Sample', 'class', 'Sample'],
    ['class', undefined, 'class', ''],
    ['field', 'field', 'field', 'field'],
    ['method', symbol, 'method', 'Symbol(s)'],
    ['getter', 'accessor', 'other', 'accessor'],
    ['accessor', 'auto', 'other', 'auto'],
  ])('reads a %s named %s', (kind, name, ownKind, ownName) => {
    const value = () => undefined
    expect(decoratorSite([value, context(kind, name, metadata)])).toEqual({
      kind: ownKind,
      name: ownName,
      key: name ?? '',
      value,
      static: false,
      holder: metadata,
    })
  })

  it('says what is wrong where the compiler writes no metadata', () => {
    expect(() => decoratorSite([undefined, { ...context('field', 'users'), metadata: undefined }])).toThrow(
      expect.objectContaining({
        code: 'DECORATOR_METADATA_MISSING',
        message: 'The decorated field users was compiled without decorator metadata: update the compiler',
      }) as Error,
    )
  })
})

describe('MetadataSlot', () => {
  it('makes what it keeps once', () => {
    const slot = new MetadataSlot<string[]>('test:once')
    for (const holder of [class {}, {}]) {
      const made = slot.own(holder, () => ['made'])
      expect(slot.own(holder, () => ['made again'])).toBe(made)
    }
  })

  it('reads nothing from a class that has nothing', () => {
    expect(new MetadataSlot('test:nothing').lineage(Sample)).toEqual([])
  })

  it('keeps slots apart, and lets two copies of a package share one', () => {
    class Marked {}
    new MetadataSlot<string>('test:shared').own(Marked, () => 'shared')
    expect(new MetadataSlot<string>('test:shared').lineage(Marked)).toEqual(['shared'])
    expect(new MetadataSlot<string>('test:other').lineage(Marked)).toEqual([])
  })
})
