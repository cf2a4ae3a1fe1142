import { compileFunction } from 'node:vm'
import { transform } from 'esbuild'
import ts from 'typescript'
import { describe, expect, it, vi } from 'vitest'
import { type AnyClass, decoratorSite, MetadataSlot } from '@hazeljs/core'

/** One source for every compiler and both standards: that is what users are promised. */
const source = `
  @mark('base')
  class Base {
    @mark('first') first = 1
    @mark('call') call() { return this.first }
    @mark('fixed') static fixed = 1
    @mark('read') get read() { return 1 }
  }
  class Plain extends Base {}
  @mark('leaf')
  class Leaf extends Plain {
    @mark('second') second = 2
    @mark('again') first = 3
  }
  class Unrelated {}
  exports.classes = { Base, Plain, Leaf, Unrelated }
`

const typescript = (experimentalDecorators: boolean) => () =>
  ts.transpileModule(source, { compilerOptions: { experimentalDecorators, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } })
    .outputText

const esbuild = (experimentalDecorators: boolean) => async () => {
  const tsconfigRaw = { compilerOptions: { experimentalDecorators, useDefineForClassFields: true } }
  return (await transform(source, { loader: 'ts', target: 'es2022', tsconfigRaw })).code
}

const compilers: [string, () => string | Promise<string>][] = [
  ['tsc with experimentalDecorators', typescript(true)],
  ['tsc with the standard', typescript(false)],
  ['esbuild with experimentalDecorators', esbuild(true)],
  ['esbuild with the standard', esbuild(false)],
]

interface Classes {
  readonly Base: AnyClass
  readonly Plain: AnyClass
  readonly Leaf: AnyClass
  readonly Unrelated: AnyClass
}

/** Runs the compiled source with a decorator that writes `kind name = label` into the slot. */
function evaluate(code: string, slot: MetadataSlot<string[]>): Classes {
  const mark =
    (label: string) =>
    (...args: readonly unknown[]): void => {
      const site = decoratorSite(args)
      slot.own(site.holder, () => []).push(`${site.static ? 'static ' : ''}${site.kind} ${site.name} = ${label}`)
    }
  const exports: { classes?: Classes } = {}
  const run = compileFunction(code, ['exports', 'mark']) as (exports: object, decorator: typeof mark) => void
  run(exports, mark)
  if (exports.classes === undefined) throw new Error('the compiled source exported nothing')
  return exports.classes
}

describe.each(compilers)('%s', (_name, compile) => {
  const base = ['class Base = base', 'field first = first', 'method call = call', 'other read = read', 'static field fixed = fixed']
  const leaf = ['class Leaf = leaf', 'field first = again', 'field second = second']
  const sorted = (lineage: string[][]) => lineage.map((own) => own.toSorted())

  it('keeps what every decorator says, by class, the parent first', async () => {
    const slot = new MetadataSlot<string[]>('test:compilers')
    const { Base, Plain, Leaf, Unrelated } = evaluate(await compile(), slot)
    expect(sorted(slot.lineage(Base))).toEqual([base])
    expect(sorted(slot.lineage(Plain))).toEqual([base])
    expect(sorted(slot.lineage(Leaf))).toEqual([base, leaf])
    expect(slot.lineage(Unrelated)).toEqual([])
  })

  it('is read by another copy of this package', async () => {
    const { Leaf } = evaluate(await compile(), new MetadataSlot<string[]>('test:copies'))
    vi.resetModules()
    const copy = await import('@hazeljs/core')
    expect(copy.MetadataSlot).not.toBe(MetadataSlot)
    expect(sorted(new copy.MetadataSlot<string[]>('test:copies').lineage(Leaf))).toEqual([base, leaf])
  })

  it('lets a class that another copy decorated be decorated here', async () => {
    vi.resetModules()
    const copy = await import('@hazeljs/core')
    const { Base } = evaluate(await compile(), new copy.MetadataSlot<string[]>('test:mixed'))
    expect(sorted(new MetadataSlot<string[]>('test:mixed').lineage(Base))).toEqual([base])
  })
})

it('defines Symbol.metadata as the engine would, and as every compiler looks it up', () => {
  expect(Object.getOwnPropertyDescriptor(Symbol, 'metadata')).toEqual({
    value: Symbol.for('Symbol.metadata'),
    configurable: false,
    enumerable: false,
    writable: false,
  })
})
