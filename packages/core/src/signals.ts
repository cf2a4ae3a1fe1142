import { constants } from 'node:os'
import { systemClock } from './clock.js'

/** Signals that ask a process to end and let it do so in its own time. */
export type ShutdownSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR2'

export const shutdownSignals: readonly ShutdownSignal[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']

/** What a signal ends. */
export interface Endable {
  /** Ends in its own time. */
  shutdown(): Promise<unknown>
  /** Waits for nothing any more. */
  hurry(): void
}

/** A shell and npm both pass a signal on: one that comes again within this time is the same. */
export const sameSignalMs = 1_000

/**
 * All of this process share one listener of a signal, by this key of it: registrations of several copies of the package as well. The
 * process's own list of listeners is where it is kept.
 */
const endablesKey = Symbol.for('@hazeljs/core/endables')

interface SharedListener {
  (): void
  readonly [endablesKey]: Set<Endable>
}

/**
 * Shuts `endable` down when the process gets the signal. When all have ended, the process dies by the signal, as it would have without us;
 * where others listened to it, the end is theirs. A second signal, later than 1 s, ends at once.
 *
 * @returns undoes it.
 */
export function endOn(signal: ShutdownSignal, endable: Endable): () => void {
  const listener = process.listeners(signal).find(isShared) ?? listenTo(signal)
  const endables = listener[endablesKey]
  endables.add(endable)
  return () => {
    endables.delete(endable)
    if (endables.size === 0) process.off(signal, listener)
  }
}

function isShared(listener: object): listener is SharedListener {
  return endablesKey in listener
}

function listenTo(signal: ShutdownSignal): SharedListener {
  const endables = new Set<Endable>()
  let endingSinceMs: number | undefined
  const onSignal = () => {
    const nowMs = systemClock.now()
    const dies = process.listeners(signal).every(isShared)
    if (endingSinceMs === undefined) {
      endingSinceMs = nowMs
      const ends = [...endables].map((endable) => endable.shutdown())
      void Promise.allSettled(ends).then(() => {
        if (dies) die(signal, listener)
      })
    } else if (nowMs - endingSinceMs >= sameSignalMs) {
      for (const endable of endables) endable.hurry()
      if (dies) die(signal, listener)
    }
  }
  const listener = Object.assign(onSignal, { [endablesKey]: endables })
  // Before the others: a listener that was added with `once` is gone when its turn is over, and could not be seen.
  process.prependListener(signal, listener)
  return listener
}

/** What a shell says of a process that a signal ended: this and the signal's number. */
const signalExitCode = 128

/** The first process of a container, which signals do not end, exits. */
function die(signal: ShutdownSignal, listener: SharedListener): void {
  process.off(signal, listener)
  if (process.listenerCount(signal) > 0) return
  if (process.pid === 1) process.exit(signalExitCode + constants.signals[signal])
  process.kill(process.pid, signal)
}
