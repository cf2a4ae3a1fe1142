// How often the canary's judge is wrong, and how soon it is right, in simulated rollouts; a fixed threshold and a repeated z-test see the same traffic.
// `pnpm sim:canary`; it needs no build. docs/guides/how-the-canary-decides.md says how to read it.
import process from 'node:process'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { givenArguments, wholeNumber } from './options.mjs'

// The simulation runs as a test, too, and what it simulates is not public: both are read from the source, by tsx.
const simulation = (file) => import(new URL(`../packages/gateway/test/canary-simulation/${file}.ts`, import.meta.url).href)
const { bad, healthy, requestsOfRollout } = await simulation('scenarios')
const { alpha, Comparison, FixedThreshold, RepeatedZTest } = await simulation('rollback-rules')
const { agreement, rollbacks, streamOf } = await simulation('rollbacks')
const { EngineRule } = await simulation('engine-rule')
const { promotions, rollOut } = await simulation('promotions')
const { rollOutByEngine } = await simulation('engine-rollout')
const { countings, rollbacksOfBrokenUsers } = await simulation('broken-users')

const USAGE = `Usage: pnpm sim:canary [options]
  --rollouts N  of each row                                  (default 2,000)
  --checked N   of each row, in which the engine is run too  (default 100)
  --seed N      of the traffic                               (default 1)
  --no-bars     end well even where a bar is missed; medians are judged from 1,000 rollouts on`

const { values } = parseArgs({
  args: givenArguments(),
  options: {
    rollouts: { type: 'string', default: '2000' },
    checked: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    'no-bars': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const rollouts = wholeNumber('rollouts', values.rollouts, 10, 100_000)
const checked = wholeNumber('checked', values.checked, 0, rollouts)
const seed = wholeNumber('seed', values.seed, 0, 4_000)

const comparison = (weight) => new Comparison(weight)
const rules = [comparison, () => new FixedThreshold(), () => new RepeatedZTest()]
const throughSteps = [
  { stable: 0, canary: 0 },
  { stable: 0.001, canary: 0.001 },
  { stable: 0.01, canary: 0.01 },
  { stable: 0.01, canary: 0.01, requestsOfStep: 100_000 },
  { stable: 0.05, canary: 0.05 },
  { stable: 0.2, canary: 0.2 },
  { stable: 0.01, canary: 0.1 },
  { stable: 0.01, canary: 0.02 },
  { stable: 0.01, canary: 0.015 },
  { stable: 0.001, canary: 0.005 },
]

const percent = (share, digits = 1) => `${(share * 100).toFixed(digits)} %`
const whole = (count) => (count === undefined ? '–' : count.toLocaleString('en-US'))
const row = (...cells) => `| ${cells.join(' | ')} |`
const table = (titles, rows) =>
  [row(...titles), row(...titles.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map((cells) => row(...cells)), ''].join('\n')

/** Above a bar by no more than chance does (three standard deviations), a simulated share is no miss. */
const atMost = (bar) => bar + 3 * Math.sqrt((bar * (1 - bar)) / rollouts)
/** The median of fewer rollouts wanders by more than its bar leaves. */
const MEDIANS_FROM = 1_000
const misses = []
const judge = (held, what) => {
  if (!held) misses.push(what)
}

const seen = [...healthy, ...Object.values(bad)].map((scenario) => ({
  scenario,
  byRule: rules.map((rule) => rollbacks(scenario, rule, rollouts, seed)),
}))
const of = (scenario) => seen.find((one) => one.scenario === scenario).byRule[0]

console.log(`${whole(rollouts)} rollouts a row, seed ${seed}.\n\n### Healthy canaries, rolled back wrongly\n`)
const RULES = ['the comparison', '5 % in 200 requests', 'repeated z-test']
console.log(
  table(
    ['failing', 'weight', ...RULES],
    seen
      .filter(({ scenario }) => healthy.includes(scenario))
      .map(({ scenario, byRule }) => [scenario.name, scenario.weight, ...byRule.map(({ share }) => percent(share, 2))]),
  ),
)
for (const scenario of healthy)
  judge(of(scenario).share <= atMost(alpha), `${scenario.name} at weight ${scenario.weight}: ${percent(of(scenario).share, 2)} rolled back`)

console.log('### Bad canaries, rolled back after so many requests of both arms (median)\n')
console.log(
  table(
    ['failing', 'weight', ...RULES],
    seen
      .filter(({ scenario }) => !healthy.includes(scenario))
      .map(({ scenario, byRule }) => [
        scenario.name,
        scenario.weight,
        ...byRule.map(({ share, medianRequests }) => `${percent(share)}, ${whole(medianRequests)}`),
      ]),
  ),
)
for (const [scenario, most] of [
  [bad.tenfold, 470],
  [bad.dead, 200],
]) {
  const { share, medianRequests } = of(scenario)
  judge(
    share === 1 && (medianRequests <= most || rollouts < MEDIANS_FROM),
    `${scenario.name}: ${percent(share)} rolled back, after ${whole(medianRequests)} of ${most}`,
  )
}

console.log('### Through the steps 10, 25, 50 and 75\n')
const stepped = throughSteps.map(({ requestsOfStep = requestsOfRollout, ...rates }) => ({
  rates,
  requestsOfStep,
  ...promotions(rates, rollouts, seed, { atLeast: 0, atMost: requestsOfStep }),
}))
console.log(
  table(
    ['stable', 'canary', 'a step, at most', 'promoted', 'rolled back', 'inconclusive', 'promoted after (median)'],
    stepped.map(({ rates, requestsOfStep, shares, medianRequests }) => [
      percent(rates.stable),
      percent(rates.canary),
      whole(requestsOfStep),
      ...['promoted', 'rolled back', 'inconclusive'].map((ending) => percent(shares[ending])),
      shares.promoted > 0 ? medianRequests.map(whole).join(' + ') : '–',
    ]),
  ),
)
for (const { rates, shares } of stepped) {
  if (rates.stable !== 0.01 || rates.canary === rates.stable) continue
  judge(shares.promoted <= 0.01, `${percent(rates.canary)} against ${percent(rates.stable)}: ${percent(shares.promoted)} promoted`)
}

console.log('### Sticky users, one in a hundred of whom fails with any version\n')
const broken = countings.map((counting) => [counting, percent(rollbacksOfBrokenUsers(counting, rollouts, seed), 2)])
console.log(table(['evidence', 'rolled back wrongly'], broken))

/** Whether the engine takes the steps that the simulation above would take, each after 2,000 requests at the earliest. */
const agreesOnCourse = async (rates, rollout) => {
  const expected = rollOut(rates, streamOf(seed, rollout), { atLeast: 2_000, atMost: 20_000 })
  return isDeepStrictEqual(await rollOutByEngine(rates, streamOf(seed, rollout), 2_000), expected)
}

if (checked > 0) {
  const engine = (weight) => new EngineRule(weight)
  let agreed = seen.reduce((sum, { scenario }) => sum + agreement(scenario, [comparison, engine], checked, seed), 0)
  const courses = Math.ceil(checked / 10)
  for (const { stable, canary } of throughSteps)
    for (let rollout = 0; rollout < courses; rollout++) if (await agreesOnCourse({ stable, canary }, rollout)) agreed++
  const all = checked * seen.length + courses * throughSteps.length
  console.log(`The engine and the simulation decide the same upon the same request in ${whole(agreed)} of ${whole(all)} rollouts.`)
  judge(agreed === all, 'the engine and the simulation differ')
}
console.log(misses.length === 0 ? 'All bars are held.' : `Missed:\n${misses.join('\n')}`)
process.exitCode = misses.length > 0 && !values['no-bars'] ? 1 : 0
