import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'

export const standards = ['standard', 'legacy'] as const

/** The classes of the folder `decorated` under one decorator standard. */
export interface CompiledClasses {
  /** What the compiler says of them; empty when they compile, and are refused where they say so. */
  readonly complaints: readonly string[]
  /** Runs a file and gives its exports. */
  load(name: string): Promise<unknown>
  /** Deletes what was emitted. */
  dispose(): void
}

const folder = fileURLToPath(new URL('decorated/', import.meta.url))

/** Compiles with the real compiler, against the sources of the packages, as a user's own `strict` project would. */
export function compileClasses(standard: (typeof standards)[number]): CompiledClasses {
  const outDir = mkdtempSync(join(tmpdir(), 'hazeljs-decorated-'))
  const { config } = ts.readConfigFile(join(folder, `tsconfig.${standard}.json`), (name) => ts.sys.readFile(name)) as { config: unknown }
  const project = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  const program = ts.createProgram(project.fileNames, { ...project.options, outDir })
  const files = project.fileNames.map((name) => program.getSourceFile(name)).filter((file) => file !== undefined)
  const found = files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
  for (const file of files) {
    program.emit(file, (name, text) => {
      writeFileSync(join(outDir, basename(name)), text)
    })
  }
  return {
    complaints: [...project.errors, ...program.getOptionsDiagnostics(), ...found].map(toLine),
    load: (name) => import(pathToFileURL(join(outDir, `${name}.js`)).href),
    dispose: () => {
      rmSync(outDir, { recursive: true })
    },
  }
}

function toLine({ file, start, messageText }: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n')
  if (file === undefined || start === undefined) return text
  return `${file.fileName.slice(folder.length)}:${file.getLineAndCharacterOfPosition(start).line + 1} ${text}`
}
