export const down = new Error('down')
export const fail = () => Promise.reject(down)
export const succeed = () => Promise.resolve('fine')
export const never = () => new Promise<string>(() => undefined)

/** What opossum guards is fixed when its circuit is made: here, whatever it is fired with. */
export const runCall = (call: () => Promise<string>) => call()

/** A call that ends when the test says so. */
export function held() {
  const { promise, resolve, reject } = withResolvers<string>()
  return { call: () => promise, succeed: () => resolve('fine'), fail: () => reject(down) }
}

/** How a promise stands after everything that waits for promises alone has had its turn. */
export async function standOf(promise: Promise<unknown>): Promise<'fulfilled' | 'pending' | 'rejected'> {
  let stand: 'fulfilled' | 'pending' | 'rejected' = 'pending'
  promise.then(
    () => (stand = 'fulfilled'),
    () => (stand = 'rejected'),
  )
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  return stand
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<T>((...settlers) => {
    ;[resolve, reject] = settlers
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
