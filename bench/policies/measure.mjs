// One measurement in a process of its own: `node measure.mjs NAME CONTESTANT OPTIONS`, or `node measure.mjs check`. It prints one line of JSON.
import process from 'node:process'
import { countingClock } from './counting-clock.mjs'
import { CONTESTANTS, rows } from './field.mjs'
import { asyncSlice, leastNanos, syncSlice, VALUE } from './slices.mjs'

const COUNTED_CALLS = 1_000

const call = async () => VALUE

const timer = () => {
  clearTimeout(setTimeout(() => {}, 10_000))
  return VALUE
}

const readClock = () => (performance.now() > 0 ? VALUE : 0)

const measure = async (name, contestant, options) => {
  if (name === 'bare') return { nanos: await leastNanos(asyncSlice, call, options) }
  if (name === 'clock') return { nanos: await leastNanos(syncSlice, readClock, options) }
  if (name === 'timer') return { nanos: await leastNanos(syncSlice, timer, options) }
  const row = rows.find((one) => one.name === name)
  const nanos = await leastNanos(asyncSlice, row[contestant](call), options)
  return contestant === 'ours' ? { nanos, clockReads: await clockReads(row) } : { nanos }
}

/** How often a call reads the clock, once the first is over. */
const clockReads = async (row) => {
  const clock = countingClock()
  const run = row.ours(call, clock)
  await run()
  clock.reads = 0
  for (let i = 0; i < COUNTED_CALLS; i++) await run()
  return clock.reads / COUNTED_CALLS
}

/** Every contestant passes on the call's value and, unless it is there to answer it, the call's failure. */
const check = async () => {
  const fail = async () => {
    throw new Error('as told')
  }
  const contestants = rows.flatMap((row) => CONTESTANTS.filter((who) => who in row).map((who) => ({ row, who })))
  const complaints = contestants.map(async ({ row, who }) => {
    const value = await row[who](call)()
    if (value !== VALUE) return `${who}, ${row.name}: the call's value became ${value}`
    const failed = await row[who](fail)().then(
      () => false,
      () => true,
    )
    return failed === (row.answersFailures === true) ? `${who}, ${row.name}: the call's failure became something else` : undefined
  })
  return (await Promise.all(complaints)).filter((complaint) => complaint !== undefined)
}

const [name, contestant, options] = process.argv.slice(2)
console.log(JSON.stringify(name === 'check' ? await check() : await measure(name, contestant, JSON.parse(options))))
process.exit()
