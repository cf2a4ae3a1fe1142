import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'
import { packages, pnpm, readJson, root } from './workspace.mjs'

/** Packs every package as it would be published. Returns the tarballs by package name, or throws what pnpm said. */
export async function packAll(folder) {
  const tarballs = new Map()
  for (const path of packages) {
    const target = join(folder, path.replace('/', '-'))
    mkdirSync(target, { recursive: true })
    const { code, output } = await pnpm('--dir', path, 'pack', '--pack-destination', target)
    const [tarball] = readdirSync(target)
    if (code !== 0 || tarball === undefined) throw new Error(output)
    tarballs.set(readJson(`${path}/package.json`).name, join(target, tarball))
  }
  return tarballs
}

/** A project that has nothing but the tarballs, as a user's would. */
export async function installTarballs(folder, tarballs) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'smoke', private: true, version: '0.0.0' }))
  const { code, output } = await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs.values()], {
    cwd: folder,
  })
  if (code !== 0) throw new Error(output)
  cpSync(join(root, 'scripts/smoke'), folder, { recursive: true })
}

/** Every way in that the packages offer: `@hazeljs/core`, `@hazeljs/core/testing`, … */
export function entryPoints() {
  return packages.flatMap((path) => {
    const { name, exports } = readJson(`${path}/package.json`)
    return Object.keys(exports)
      .filter((key) => key !== './package.json')
      .map((key) => name + key.slice(1))
  })
}

/** Type-checks, in ESM and in CommonJS, a file that takes everything from every entry point, the declarations of the packages included. */
export async function typecheckConsumer(folder) {
  for (const kind of ['mts', 'cts']) {
    const lines = entryPoints().map((entry, index) => `export * as entry${index} from '${entry}'`)
    writeFileSync(join(folder, `consumer.${kind}`), `${lines.join('\n')}\n`)
  }
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'ES2022',
    '--lib',
    'ES2023,ESNext.Disposable,ESNext.Decorators',
    '--module',
    'NodeNext',
    ...types,
  ]
  return run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'consumer.mts', 'consumer.cts'], { cwd: folder })
}

/** Bundles a user of one export with tree shaking, and runs the bundle. */
export async function bundleConsumer(folder) {
  const { build } = await import('esbuild') // installed only after this file was loaded
  await build({
    absWorkingDir: folder,
    entryPoints: ['bundled.mjs'],
    outfile: 'bundle.mjs',
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
  })
  return run(process.execPath, ['bundle.mjs'], { cwd: folder })
}
