// Medians, spreads and ratios of rounds.

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Half the distance from the least to the greatest, as a share of the median. */
export const spread = (values) => (Math.max(...values) - Math.min(...values)) / 2 / median(values)

/** What is measured of one contestant under one workload in one round. */
export const METRICS = ['cpuMicros', 'requestsPerSecond', 'p50Ms', 'p99Ms', 'rssMiB']

/**
 * @typedef {Record<'cpuMicros' | 'requestsPerSecond' | 'p50Ms' | 'p99Ms' | 'rssMiB' | 'busy' | 'waited', number>} Sample
 * @typedef {{ round: number, workload: string, contestant: string, sample: Sample | null, complaint: string | null }} Measurement
 */

/**
 * @param {readonly Measurement[]} measurements
 * @param {string} floor the contestant that every ratio is to
 * @returns one summary per contestant and workload: median, spread and ratio of each metric. A ratio is the median of the rounds' ratios, each to
 *   the floor of its own round, so that a slow minute of the machine weighs on both sides.
 */
export const summarize = (measurements, workload, contestant, floor) => {
  const mine = measurements.filter((one) => one.workload === workload && one.contestant === contestant)
  const good = mine.filter((one) => one.sample !== null)
  const floorOf = (round) =>
    measurements.find((one) => one.workload === workload && one.contestant === floor && one.round === round)?.sample ?? null
  const metrics = {}
  for (const metric of METRICS) {
    if (good.length === 0) break
    const values = good.map((one) => one.sample[metric])
    const ratios = good.flatMap((one) => {
      const base = floorOf(one.round)
      return base === null ? [] : [one.sample[metric] / base[metric]]
    })
    metrics[metric] = { median: median(values), spread: spread(values), ratio: ratios.length === 0 ? null : median(ratios) }
  }
  return {
    workload,
    contestant,
    rounds: good.length,
    metrics,
    busy: good.length === 0 ? null : median(good.map((one) => one.sample.busy)),
    complaints: mine.flatMap((one) => (one.complaint === null ? [] : [one.complaint])),
  }
}
