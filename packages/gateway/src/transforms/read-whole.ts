import type { Cancellation } from '@hazeljs/core'
import type { Readable } from 'node:stream'

/** Reads a body to its end; with the first byte over `maxBytes` it stops reading and rejects with `tooLarge()`. */
export function readWhole(body: Readable, maxBytes: number, cancellation: Cancellation, tooLarge: () => Error): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (cancellation.aborted) {
      reject(cancellation.reason)
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    const stop = () => {
      body.off('data', onData).off('end', onEnd).off('error', onError)
      cancellation.offAbort(onError)
    }
    const onData = (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= maxBytes) return
      stop()
      body.pause()
      reject(tooLarge())
    }
    const onEnd = () => {
      stop()
      resolve(Buffer.concat(chunks, size))
    }
    const onError = (reason: unknown) => {
      stop()
      reject(reason)
    }
    body.on('data', onData).on('end', onEnd).on('error', onError)
    cancellation.onAbort(onError)
  })
}
