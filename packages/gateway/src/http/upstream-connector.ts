import { buildConnector } from 'undici'

/**
 * Connects to instances. undici takes a reset of the connection for the end of an answer with `Connection: close`, be it complete or not
 * (its `onHttpSocketError` asks for the code ECONNRESET); under another code it is a failure like any other, and the message stays.
 */
export function upstreamConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options)
  return (target, callback) => {
    connect(target, (...result) => {
      result[1]?.on('error', renameReset) // before undici's own listener
      callback(...result)
    })
  }
}

function renameReset(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = 'UPSTREAM_CONNECTION_RESET'
}
