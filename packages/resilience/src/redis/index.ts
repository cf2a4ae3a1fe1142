export type { LimitDecision } from './gcra.js'
export { type LocalFallbackOptions, type RedisRateLimiterOptions, redisRateLimiterProblems } from './options.js'
export { RedisRateLimiter } from './redis-rate-limiter.js'
export type { RedisScripts } from './redis-scripts.js'
