import { describe, expect, it } from 'vitest'
import { decoratorSite, MetadataSlot } from './metadata.js'

class Sample {
  field = 1
  method() {}
  get accessor() {
    return this.field
  }
}

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
    ['a class', [Sample], { kind: 'class', name: 'Sample', static: false, holder: Sample }],
    ['a field', [Sample.prototype, 'field', undefined], { kind: 'field', name: 'field', static: false, holder: Sample }],
    ['a static field', [Sample, 'fixed', undefined], { kind: 'field', name: 'fixed', static: true, holder: Sample }],
    ['a method', [Sample.prototype, 'method', descriptorOf('method')], { kind: 'method', name: 'method', static: false, holder: Sample }],
    [
      'an accessor',
      [Sample.prototype, 'accessor', descriptorOf('accessor')],
      { kind: 'other', name: 'accessor', static: false, holder: Sample },
    ],
    ['a parameter', [Sample.prototype, 'method', 0], { kind: 'other', name: 'method', static: false, holder: Sample }],
    ['a constructor parameter', [Sample, undefined, 0], { kind: 'other', name: 'Sample', static: false, holder: Sample }],
    ['a symbol', [Sample.prototype, Symbol('s'), undefined], { kind: 'field', name: 'Symbol(s)', static: false, holder: Sample }],
  ])('reads %s', (_what, args, site) => {
    expect(decoratorSite(args)).toEqual(site)
  })
})

describe('decoratorSite, with the standard', () => {
  const metadata = {}

  it.each([
    ['class', 'Sample', 'class', 'Sample'],
    ['class', undefined, 'class', ''],
    ['field', 'field', 'field', 'field'],
    ['method', Symbol('s'), 'method', 'Symbol(s)'],
    ['getter', 'accessor', 'other', 'accessor'],
    ['accessor', 'auto', 'other', 'auto'],
  ])('reads a %s named %s', (kind, name, ownKind, ownName) => {
    expect(decoratorSite([undefined, context(kind, name, metadata)])).toEqual({
      kind: ownKind,
      name: ownName,
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
