// What our route table costs over find-my-way alone: the same 1,000 routes, the same lookups, in turn. `pnpm bench:router`; it needs no build.
import process from 'node:process'
import findMyWay from 'find-my-way'
import { median, spread } from './statistics.mjs'

// The table is not public: it is read from the source, by tsx.
const { RouteTable } = await import(new URL('../packages/gateway/src/routing/route-table.ts', import.meta.url).href)

const ROUTES_PER_KIND = 250
const ROUNDS = 11
const LOOKUPS = 400_000
/** Issue A's bar. */
const MOST_RATIO = 2

/** Four kinds of routes, each with a path that only it serves. `theirs` is the pattern in find-my-way's spelling. */
const kinds = [
  { ours: (i) => `/api/service-${i}/**`, theirs: (i) => `/api/service-${i}/*`, asked: (i) => `/api/service-${i}/items/${i}/details` },
  {
    ours: (i) => `/api/account-${i}/:id/orders`,
    theirs: (i) => `/api/account-${i}/:id/orders`,
    asked: (i) => `/api/account-${i}/${i * 7}/orders`,
  },
  { ours: (i) => `/static/page-${i}/index`, theirs: (i) => `/static/page-${i}/index`, asked: (i) => `/static/page-${i}/index` },
  { ours: (i) => `/v1/files/*/version-${i}`, theirs: (i) => `/v1/files/:name/version-${i}`, asked: (i) => `/v1/files/report/version-${i}` },
]

const routes = kinds.flatMap((kind, k) =>
  Array.from({ length: ROUTES_PER_KIND }, (_, i) => ({
    ours: kind.ours(i),
    theirs: kind.theirs(i),
    asked: kind.asked(i),
    value: `${k}/${i}`,
  })),
)

const table = new RouteTable(routes.map(({ ours, value }) => ({ path: ours, methods: ['GET', 'POST'], value })))
const router = findMyWay()
for (const { theirs, value } of routes) router.on(['GET', 'POST'], theirs, () => value)

/** Spread over the routes so that no two neighbours share a branch; every eighth asks for nothing that exists. */
const asked = Array.from({ length: 4_096 }, (_, i) => (i % 8 === 7 ? `/api/nobody-${i}/items` : routes[(i * 389) % routes.length].asked))

for (const path of asked) {
  const ours = table.match('GET', path)
  const theirs = router.find('GET', path)
  const value = ours.kind === 'found' ? ours.value : null
  if (value !== (theirs === null ? null : theirs.handler())) throw new Error(`the two tables differ on ${path}: ${value}`)
}

/** CPU time, so that other work on the machine does not count. */
const nanosPerLookup = (lookUp) => {
  const before = process.cpuUsage()
  let found = 0
  for (let i = 0; i < LOOKUPS; i++) if (lookUp(asked[i & 4_095])) found++
  const { user, system } = process.cpuUsage(before)
  if (found === 0) throw new Error('nothing was found')
  return ((user + system) * 1e3) / LOOKUPS
}

const lookUpOurs = (path) => table.match('GET', path).kind === 'found'
const lookUpTheirs = (path) => router.find('GET', path) !== null

nanosPerLookup(lookUpOurs)
nanosPerLookup(lookUpTheirs)
const rounds = Array.from({ length: ROUNDS }, () => ({ theirs: nanosPerLookup(lookUpTheirs), ours: nanosPerLookup(lookUpOurs) }))

const line = (title, values) => `| ${title} | ${median(values).toFixed(0)} ±${(spread(values) * 100).toFixed(0)} % |`
const ratio = median(rounds.map(({ ours, theirs }) => ours / theirs))
console.log(`| ${routes.length} routes | CPU-ns per match |\n|---|--:|`)
console.log(
  line(
    'find-my-way',
    rounds.map(({ theirs }) => theirs),
  ),
)
console.log(
  line(
    'RouteTable',
    rounds.map(({ ours }) => ours),
  ),
)
console.log(`\nRatio ${ratio.toFixed(2)} (bar: ${MOST_RATIO})`)
process.exitCode = ratio <= MOST_RATIO ? 0 : 1
