// What the rounds' measurements mean.
import { median, spread } from '../statistics.mjs'

/**
 * @typedef {{ round: number, name: string, variant: string, nanos?: number, clockReads?: number }} Measurement
 * @typedef {ReturnType<typeof figuresOf>} Figures
 */

/** The least is what it costs undisturbed; the median and its spread say how far that can be trusted. */
const summary = (values) => ({ least: Math.min(...values), median: median(values), spread: spread(values) })

/** @param {readonly Measurement[]} measurements */
export const figuresOf = (measurements) => {
  const of = (name, variant) => measurements.filter((one) => one.name === name && one.variant === variant)
  const bareIn = (round) => of('bare', '').find((one) => one.round === round).nanos
  /** Above the bare call of the same round. */
  const above = (name, variant) => of(name, variant).map((one) => ({ round: one.round, nanos: one.nanos - bareIn(one.round) }))

  return {
    /** What was measured under a name, the smaller first. */
    variants: (name) =>
      [...new Set(measurements.filter((one) => one.name === name).map((one) => one.variant))].sort((a, b) => Number(a) - Number(b)),
    /** Any figure of a measurement, such as `nanos`. */
    plain: (name, variant, figure) => summary(of(name, variant).map((one) => one[figure])),
    above: (name, variant) => summary(above(name, variant).map(({ nanos }) => nanos)),
    clockReads: (name, variant) => of(name, variant)[0].clockReads,
    /** The median of the rounds' ratios, so that a slow minute weighs on both sides. */
    ratio: (name, variant, other) => {
      const others = above(name, other)
      return median(above(name, variant).map(({ round, nanos }) => nanos / others.find((one) => one.round === round).nanos))
    },
  }
}
