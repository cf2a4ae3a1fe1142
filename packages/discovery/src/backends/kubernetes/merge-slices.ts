import { type ServiceInstance, ServiceStatus } from '@hazeljs/core'
import { type Candidate, type ReadSlice, standings } from './slice-reader.js'

/**
 * The instances of a service: the addresses of all its slices, each once. Of an address in several slices the best standing counts, so that a
 * ready pod is not hidden by the end of the one that had its address before; of equals the one in the younger slice.
 *
 * Where nobody is ready, those that terminate and still serve are UP: better they than nobody, as kube-proxy does (KEP-1669).
 */
export function mergeSlices(slices: Iterable<ReadSlice>): readonly ServiceInstance[] {
  const best = new Map<string, Candidate>()
  for (const { candidates } of [...slices].sort(byAge)) {
    for (const candidate of candidates) {
      const known = best.get(candidate.instance.id)
      if (known === undefined || rank(candidate) <= rank(known)) best.set(candidate.instance.id, candidate)
    }
  }
  const merged = [...best.values()]
  const anyReady = merged.some(({ standing }) => standing === 'ready')
  return merged.map(({ standing, instance }) =>
    standing === 'draining' && !anyReady ? Object.freeze({ ...instance, status: ServiceStatus.UP }) : instance,
  )
}

function rank({ standing }: Candidate): number {
  return standings.indexOf(standing)
}

/** The eldest first; of one age by name, so that everybody sees the same. */
function byAge(a: ReadSlice, b: ReadSlice): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1
  return a.name < b.name ? -1 : 1
}
