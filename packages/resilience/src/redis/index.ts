export type { RedisScripts } from './redis-scripts.js'
