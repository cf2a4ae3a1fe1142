import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { type CodeBlock, codeBlocks, documents, repository } from './documents.js'

const timeout = 120_000
const blocks = documents()
  .flatMap(codeBlocks)
  .filter(({ language }) => language === 'ts')

/** Stands in the package that may import all others, and express and fastify. */
const fileOf = (index: number) => join(repository, 'packages/gateway/test/docs', `snippet-${index}.mts`)

/** What the compiler says of the blocks, each being a module of its own, under the repository's strict options and `more` of them. */
function complaintsAbout(snippets: readonly CodeBlock[], more: ts.CompilerOptions = {}): string[] {
  const { config } = ts.readConfigFile(join(repository, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: object }
  const parsed = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, repository)
  const texts = new Map(snippets.map(({ given, code }, index) => [fileOf(index), [...given, 'export {}', code].join('\n')]))
  // A snippet shows how something is made; that it is not used further is no mistake.
  const options = { ...parsed.options, noUnusedLocals: false, ...more }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (path) => texts.has(path) || fileExists.call(host, path)
  host.readFile = (path) => texts.get(path) ?? readFile.call(host, path)
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = texts.get(path)
    return text === undefined ? getSourceFile.call(host, path, languageVersion, ...rest) : ts.createSourceFile(path, text, languageVersion)
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  return snippets.flatMap((block, index) => {
    const source = program.getSourceFile(fileOf(index))
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map(({ start = 0, messageText }) => {
      const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) - block.given.length - 1
      return `${block.file}:${block.line + line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  })
}

describe('the TypeScript in READMEs and guides', () => {
  it('is found', () => {
    expect(blocks.map(({ file }) => file)).toEqual(
      expect.arrayContaining(['README.md', 'packages/gateway/README.md', 'docs/guides/five-minutes.md']),
    )
  })

  it('compiles under strict, each block by itself', { timeout }, () => {
    expect(complaintsAbout(blocks)).toEqual([])
  })

  it('compiles under the older decorator standard, too', { timeout }, () => {
    const decorated = blocks.filter(({ code }) => /^\s*@\w/m.test(code))
    expect(decorated.length).toBeGreaterThan(5)
    expect(complaintsAbout(decorated, { experimentalDecorators: true })).toEqual([])
  })

  it('would be refused if it were wrong', { timeout }, () => {
    const wrong: CodeBlock = {
      file: 'wrong.md',
      line: 10,
      language: 'ts',
      given: ["import { GatewayServer } from '@hazeljs/gateway'"],
      code: 'const first = 1\nGatewayServer.fromConfig({ routess: [] })\n',
    }
    expect(complaintsAbout([wrong])).toEqual([expect.stringMatching(/^wrong\.md:11 .*routess/)])
  })
})
