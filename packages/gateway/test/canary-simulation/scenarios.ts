/** Rates from 0 to 1. */
export interface Rates {
  readonly stable: number
  readonly canary: number
}

/** What happens to the two arms of a rollout. */
export interface Scenario extends Rates {
  readonly name: string
  /** The canary's share of the requests, in per cent. */
  readonly weight: number
  /** Other rates between two requests of the rollout. */
  readonly meanwhile?: Rates & { readonly from: number; readonly to: number }
}

/** Of one rollout at one weight. */
export const requestsOfRollout = 20_000

const weights = [1, 10, 50]
const incident = { stable: 0.2, canary: 0.2, from: 8_000, to: 12_000 }

/** The canary is as good as stable: whatever rolls it back is wrong. */
export const healthy: readonly Scenario[] = [
  ...[0.001, 0.01, 0.2].flatMap((rate) => weights.map((weight) => ({ name: `both ${rate * 100} %`, weight, stable: rate, canary: rate }))),
  ...weights.map((weight) => ({ name: 'both 1 %, a fifth of the time 20 %', weight, stable: 0.01, canary: 0.01, meanwhile: incident })),
]

export const bad = {
  tenfold: { name: '10 % against 1 %', weight: 10, stable: 0.01, canary: 0.1 },
  dead: { name: '100 % against 1 %', weight: 1, stable: 0.01, canary: 1 },
  double: { name: '2 % against 1 %', weight: 10, stable: 0.01, canary: 0.02 },
  doubleAtHalf: { name: '2 % against 1 %', weight: 50, stable: 0.01, canary: 0.02 },
  belowFive: { name: '4.9 % against 0.1 %', weight: 10, stable: 0.001, canary: 0.049 },
  late: {
    name: '10 % against 1 % after 10,000 good requests',
    weight: 10,
    stable: 0.01,
    canary: 0.1,
    meanwhile: { stable: 0.01, canary: 0.01, from: 0, to: 10_000 },
  },
} satisfies Record<string, Scenario>
