import { compileFunction } from 'node:vm'
import ts from 'typescript'
import * as discovery from '@hazeljs/discovery'
import { expect, it } from 'vitest'

/** What a class reads of its own field, compiled as a user's project compiles it. */
function clientOf(source: string, options: ts.CompilerOptions): unknown {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, ...options }
  const code = ts.transpileModule(`import { InjectServiceClient } from '@hazeljs/discovery'\n${source}`, { compilerOptions }).outputText
  const exports: { Owner?: new () => { readonly client: unknown } } = {}
  const run = compileFunction(code, ['exports', 'require']) as (exports: object, require: () => unknown) => void
  run(exports, () => discovery)
  if (exports.Owner === undefined) throw new Error('no class')
  return new exports.Owner().client
}

const field = (member: string) => `export class Owner { @InjectServiceClient('users') ${member} }`
const legacy = { experimentalDecorators: true }

it.each([
  ['standard, private', 'export class Owner { @InjectServiceClient("users") #own; get client() { return this.#own } }', {}],
  [
    'standard, private accessor',
    'export class Owner { @InjectServiceClient("users") accessor #own; get client() { return this.#own } }',
    {},
  ],
  ['standard', field('client'), {}],
  ['standard, assigned', field('client = "kept from nobody"'), { useDefineForClassFields: false }],
  ['legacy, assigned fields', field('client'), { ...legacy, useDefineForClassFields: false }],
  ['legacy, defined fields, declared', field('declare client'), legacy],
  ['legacy, accessor', field('accessor client'), legacy],
])('holds a client: %s', (_name, source, options) => {
  expect(clientOf(source, options)).toBeInstanceOf(discovery.ServiceClient)
})

it('cannot hold one where the compiler overwrites the field, as the docstring says', () => {
  expect(clientOf(field('client'), legacy)).toBeUndefined()
})

it('refuses parameters', () => {
  const source = 'export class Owner { constructor(@InjectServiceClient("users") readonly client) {} }'
  expect(() => clientOf(source, legacy)).toThrow('decorates a field or an accessor, not a getter, setter or parameter')
})
