/** Asked for any number of times in one turn, it is done once, when the turn is over. */
export function coalesced(act: () => unknown): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    queueMicrotask(() => {
      isDue = false
      act()
    })
  }
}
