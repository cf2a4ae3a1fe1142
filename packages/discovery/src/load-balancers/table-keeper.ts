import type { Clock } from '@hazeljs/core'
import { MaglevBuild, type MaglevTable, minTableSize, tableSize } from './maglev-table.js'

/** Slots looked at before the event loop gets its turn: about a millisecond, three where memory is slow. */
export const looksAtOnce = 200_000

/**
 * The table in use and, while ids come and go, the making of the next one: small tables at once, large ones in slices between which the process
 * goes on. Until the first large one is there, a table with one slot for each id serves.
 */
export class TableKeeper {
  /** The ids that {@link table} is of. */
  ids: readonly string[] = []
  table: MaglevTable = new Uint16Array()
  readonly #clock: Clock
  readonly #onTable: () => void
  #wanted: readonly string[] = []
  #building: MaglevBuild | undefined

  /** `onTable` is called when a table that was made in slices takes over. */
  constructor(clock: Clock, onTable: () => void) {
    this.#clock = clock
    this.#onTable = onTable
  }

  /** A making that is under way is finished first, so that steady change cannot starve it. */
  want(ids: readonly string[]): void {
    this.#wanted = ids
    if (this.#building !== undefined) return
    if (ids.length === 0 || tableSize(ids.length) === minTableSize) {
      const build = new MaglevBuild(ids)
      build.advance(Infinity)
      this.#use(ids, build.table)
      return
    }
    if (this.table.length === 0) this.#use(ids, Uint32Array.from(ids.keys()))
    this.#building = new MaglevBuild(ids)
    this.#later()
  }

  #later(): void {
    this.#clock.setTimer(() => this.#advance(), 0, { background: true })
  }

  #advance(): void {
    const building = this.#building as MaglevBuild
    if (!building.advance(looksAtOnce)) {
      this.#later()
      return
    }
    this.#building = undefined
    this.#use(building.ids, building.table)
    if (this.#wanted !== building.ids) this.want(this.#wanted)
    this.#onTable()
  }

  #use(ids: readonly string[], table: MaglevTable): void {
    this.ids = ids
    this.table = table
  }
}
