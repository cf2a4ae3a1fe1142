import type { ZodType } from 'zod'
import { canarySchema } from './canary-schema.js'
import { Fields } from './fields.js'
import { gatewaySchema } from './gateway-schema.js'
import { routeSchema } from './route-schema.js'
import { versionRouteSchema } from './version-schema.js'
import { loadZod } from './zod.js'

export interface Schemas {
  readonly gateway: ZodType
  readonly route: ZodType
  readonly versionRoute: ZodType
  readonly canary: ZodType
}

/** The schemas, made when they are first asked for. */
export const schemas = once((): Schemas => {
  const fields = new Fields(loadZod())
  return {
    gateway: gatewaySchema(fields),
    route: routeSchema(fields),
    versionRoute: versionRouteSchema(fields),
    canary: canarySchema(fields),
  }
})

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
