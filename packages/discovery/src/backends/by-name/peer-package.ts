import { createRequire } from 'node:module'
import { type OptionsReader, toError } from '@hazeljs/core'
import { DiscoveryError } from '../../errors.js'

/** Complains where the package of a backend is not installed. It is not loaded. */
export function needPackage(options: OptionsReader<{ readonly backend?: unknown }>, backend: string, name: string): void {
  if (!isInstalled(name)) options.add('backend', `'${backend}' needs the package ${name}: npm install ${name}`)
}

/** Packages that are only for `import` refuse `require` in another way than those that are missing. */
export function isInstalled(name: string): boolean {
  try {
    // In the CommonJS build there is no import.meta, in ES modules no __filename.
    createRequire(typeof __filename === 'string' ? __filename : import.meta.url).resolve(name)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND'
  }
}

/** What a package's `import` failed with. Write that in a `try`: bundlers then leave out a package that is not installed. */
export function cannotLoad(name: string, error: unknown): DiscoveryError {
  return new DiscoveryError('REGISTRY_UNAVAILABLE', `The package ${name} could not be loaded: ${toError(error).message}`, { cause: error })
}
