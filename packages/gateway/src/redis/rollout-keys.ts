import type { RedisCanaryClient } from './redis-canary-client.js'

/** Where one rollout is kept. The keys share a hash tag, so that one script may use all of them in a cluster. */
export interface RolloutKeys {
  /** In the order in which scripts take them: `state`, a hash; `tallies`, a hash of members; `lease`, the member that leads. */
  readonly keys: readonly [state: string, tallies: string, lease: string]
  /** Where changes are told. Its name is a key's with the client's own prefix and database, which Redis does not apply to channels. */
  readonly channel: string
}

export function rolloutKeys(id: string, prefix: string, client: RedisCanaryClient): RolloutKeys {
  const { keyPrefix = '', db = 0 } = client.options as { readonly keyPrefix?: string; readonly db?: number }
  // A brace in an id would end the hash tag early.
  const tag = `{${id.replace(/[{}%]/g, encodeURIComponent)}}`
  const key = prefix + tag
  const database = db > 0 ? `${db}:` : ''
  return { keys: [`${key}:state`, `${key}:tallies`, `${key}:lease`], channel: `${keyPrefix}${prefix}${database}${tag}:changes` }
}
