import type { BackendDependencies } from '../backend-dependencies.js'
import type { RegistryBackend } from '../registry-backend.js'

export interface OpenedBackend {
  readonly backend: RegistryBackend
  /** Whether it was made for whoever opened it, who then closes it. Others may use one that is not owned. */
  readonly owned: boolean
}

/** Makes the backend that a checked config means, or hands out the one that stands there. Nothing is connected before the first call. */
export type OpenBackend = (dependencies?: BackendDependencies) => OpenedBackend

/** The options of the backend itself: all but those that say where its registry is. */
export function without<T extends object, K extends string & keyof T>(config: T | undefined, names: readonly K[]): Omit<T, K> {
  const rest = Object.entries(config ?? {}).filter(([name]) => !(names as readonly string[]).includes(name))
  return Object.fromEntries(rest) as Omit<T, K>
}
