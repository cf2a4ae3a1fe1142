import { show, toError } from '@hazeljs/core'
import type { MirrorDiffCount } from './judge/evidence.js'

const none: MirrorDiffCount = Object.freeze({ compared: 0, different: 0 })

/** Who is told when the function that counts does not work, and when it does. */
interface StepDiffsObserver {
  fault(part: 'mirrorDiff', error: Error): void
  works(part: 'mirrorDiff'): void
}

/** What a mirror's comparisons have found since the step began. While its function does wrong, nothing was compared. */
export class StepDiffs {
  readonly #count: () => MirrorDiffCount
  readonly #observer: StepDiffsObserver
  #before: MirrorDiffCount | undefined = none

  /** @param count what was found so far, in all */
  constructor(count: () => MirrorDiffCount, observer: StepDiffsObserver) {
    this.#count = count
    this.#observer = observer
  }

  /** A step begins. */
  begin(): void {
    this.#before = this.#read()
  }

  sinceStep(): MirrorDiffCount {
    const now = this.#read()
    if (now === undefined) return none
    this.#before ??= now
    // A mirror that was replaced counts from 0 again.
    if (now.compared < this.#before.compared || now.different < this.#before.different) this.#before = none
    return { compared: now.compared - this.#before.compared, different: now.different - this.#before.different }
  }

  #read(): MirrorDiffCount | undefined {
    try {
      const count: unknown = this.#count()
      if (!isDiffCount(count)) throw new TypeError(`mirrorDiff has to return { compared, different }; it returned ${show(count)}`)
      this.#observer.works('mirrorDiff')
      return count
    } catch (error) {
      this.#observer.fault('mirrorDiff', toError(error))
      return undefined
    }
  }
}

function isDiffCount(count: unknown): count is MirrorDiffCount {
  if (typeof count !== 'object' || count === null) return false
  const { compared, different } = count as Partial<Record<keyof MirrorDiffCount, unknown>>
  return isCount(compared) && isCount(different) && different <= compared
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
