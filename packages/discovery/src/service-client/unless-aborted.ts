import { type Cancellation, neverCancelled } from '@hazeljs/core'

/** What `work` comes to, or a rejection with the reason the moment it is called off; what comes after that goes to `late`. */
export function unlessAborted<T>(work: Promise<T>, cancellation: Cancellation, late?: (value: T) => void): Promise<T> {
  if (cancellation === neverCancelled) return work
  return new Promise((resolve, reject) => {
    let over = cancellation.aborted
    const onAbort = (reason: unknown) => {
      over = true
      reject(reason)
    }
    if (over) reject(cancellation.reason)
    else cancellation.onAbort(onAbort)
    work
      .then((value) => {
        if (over) late?.(value)
        else resolve(value)
      }, reject)
      .finally(() => cancellation.offAbort(onAbort))
  })
}
