import type { SrvRecord } from 'node:dns'

/** An instance that SRV records name. */
export interface SrvMember {
  readonly host: string
  readonly port: number
  /** The target of the record. */
  readonly hostname: string
  readonly priority: number
  /** `undefined` where the records of its priority prefer nobody. */
  readonly weight: number | undefined
  /** Whether it is of the first priority that has an address: RFC 2782 turns to the next one only when nobody of the first can be reached. */
  readonly serves: boolean
}

/** RFC 2782 leaves such a record "a very small chance" beside others with a weight. */
export const weightOfZero = 0.01

/** @param addressesOf the target of a record; none when it has no address */
export function srvMembers(records: readonly SrvRecord[], addressesOf: (target: string) => readonly string[]): readonly SrvMember[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b)
  const members = new Map<string, SrvMember>()
  let serving: number | undefined
  for (const priority of priorities) {
    const group = records.filter((record) => record.priority === priority)
    const weighted = group.some(({ weight }) => weight > 0)
    for (const { name, port, weight } of group) {
      const hosts = addressesOf(name)
      if (hosts.length > 0) serving ??= priority
      // The weight is the target's: its addresses share it.
      const share = (weight === 0 ? weightOfZero : weight) / hosts.length
      for (const host of hosts) {
        const key = `${host} ${port}`
        const known = members.get(key)
        if (known !== undefined && known.priority !== priority) continue
        const sum = share + (known?.weight ?? 0)
        members.set(key, { host, port, hostname: name, priority, weight: weighted ? sum : undefined, serves: priority === serving })
      }
    }
  }
  return [...members.values()]
}
