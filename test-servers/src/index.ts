export { EtcdServer } from './etcd-server.js'
export { serverIsMissing } from './missing.js'
export { RedisServer } from './redis-server.js'
export { ServerProcess } from './server-process.js'
