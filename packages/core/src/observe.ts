/** Runs an observer, which must not hurt who is observed: what it throws, or rejects with, goes to `report` and nowhere else. */
export function observe(observer: () => unknown, report: (thrown: unknown) => void): void {
  try {
    const result = observer()
    if (isPromiseLike(result)) result.then(undefined, report)
  } catch (thrown) {
    report(thrown)
  }
}

/** Not `instanceof Promise`: a sandboxed test runner brings a Promise of its own. */
function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
