export { RedisCanaryStore } from './redis-canary-store.js'
export type { RedisCanaryStoreOptions } from './options.js'
export type { RedisCanaryClient, RedisCanarySubscriber } from './redis-canary-client.js'
