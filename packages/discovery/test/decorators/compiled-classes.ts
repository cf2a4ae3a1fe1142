import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'

export const standards = ['standard', 'legacy'] as const

/** The classes of the folder `decorated`, compiled by the real compiler as a user's `strict` project compiles its own. */
export class CompiledClasses {
  /** What the compiler says of them. */
  readonly complaints: readonly string[]
  readonly #outDir = mkdtempSync(join(tmpdir(), 'hazeljs-discovery-decorated-'))

  constructor(standard: (typeof standards)[number]) {
    const folder = fileURLToPath(new URL('decorated/', import.meta.url))
    const read = ts.readConfigFile(join(folder, `tsconfig.${standard}.json`), (name) => ts.sys.readFile(name)) as {
      readonly config: unknown
    }
    const { fileNames, options, errors } = ts.parseJsonConfigFileContent(read.config, ts.sys, folder)
    const program = ts.createProgram(fileNames, { ...options, outDir: this.#outDir })
    const found: ts.Diagnostic[] = [...errors, ...program.getOptionsDiagnostics()]
    for (const file of program.getSourceFiles()) {
      if (!fileNames.includes(file.fileName)) continue
      found.push(...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file))
      program.emit(file, (name, text) => writeFileSync(join(this.#outDir, basename(name)), text))
    }
    this.complaints = found.map(({ file, start = 0, messageText }) => {
      const line = file === undefined ? '' : `${basename(file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1} `
      return line + ts.flattenDiagnosticMessageText(messageText, '\n')
    })
  }

  /** Runs a file and gives its exports. */
  load(name: string): Promise<unknown> {
    return import(pathToFileURL(join(this.#outDir, `${name}.js`)).href)
  }

  dispose(): void {
    rmSync(this.#outDir, { recursive: true })
  }
}
