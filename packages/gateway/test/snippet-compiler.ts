import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'

export const standards = ['standard', 'legacy'] as const
export type Standard = (typeof standards)[number]

/** The article's snippets under one decorator standard. */
export interface CompiledSnippets {
  /** What the compiler says of the snippets; empty when they compile. */
  readonly complaints: readonly string[]
  /** Runs a snippet and gives its exports. */
  load(name: string): Promise<unknown>
  /** Deletes what was emitted. */
  dispose(): void
}

const folder = fileURLToPath(new URL('article/', import.meta.url))

/** Compiles with the real compiler, against the sources of the packages, as a user's own `strict` project would. */
export function compileSnippets(standard: Standard): CompiledSnippets {
  const outDir = mkdtempSync(join(tmpdir(), 'hazeljs-article-'))
  const { options, fileNames, errors } = readProject(join(folder, `tsconfig.${standard}.json`))
  const program = ts.createProgram(fileNames, { ...options, outDir })
  const snippets = fileNames.map((name) => program.getSourceFile(name)).filter((file) => file !== undefined)
  const found = snippets.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
  for (const file of snippets) {
    program.emit(file, (name, text) => {
      writeFileSync(join(outDir, basename(name)), text)
    })
  }
  return {
    complaints: [...errors, ...program.getOptionsDiagnostics(), ...found].map(toLine),
    load: (name) => import(pathToFileURL(join(outDir, `${name}.js`)).href),
    dispose: () => {
      rmSync(outDir, { recursive: true })
    },
  }
}

function readProject(path: string): ts.ParsedCommandLine {
  const { config } = ts.readConfigFile(path, (name) => ts.sys.readFile(name)) as { config: unknown }
  return ts.parseJsonConfigFileContent(config, ts.sys, folder, undefined, path)
}

function toLine({ file, start, messageText }: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n')
  if (file === undefined || start === undefined) return text
  return `${file.fileName.slice(folder.length)}:${file.getLineAndCharacterOfPosition(start).line + 1} ${text}`
}
