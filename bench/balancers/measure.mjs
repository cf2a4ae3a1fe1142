// One measurement in a process of its own: `node measure.mjs pick|bytes|update ARGUMENTS OPTIONS`, each of them JSON. It prints one line of JSON.
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { leastNanos, syncSlice } from '../policies/slices.mjs'
import { contestant } from './field.mjs'
import { updateTimes } from './updates.mjs'

/** Until a table that is made in slices is there. */
const settled = (name, { settle }) => (name === 'ip-hash' ? pause(settle) : undefined)

const pick = async ({ name, size, context }, options) => {
  const run = contestant(name, size, context)
  await settled(name, options)
  return { nanos: await leastNanos(syncSlice, run, options) }
}

/** What a lease needs: whom, and where it is counted. */
class BareLease {
  instance
  #endpoint
  #ledger
  #record

  constructor(instance, endpoint, ledger, record) {
    this.instance = instance
    this.#endpoint = endpoint
    this.#ledger = ledger
    this.#record = record
  }

  get holds() {
    return this.#endpoint !== undefined && this.#ledger !== undefined && this.#record !== undefined
  }
}

const bareLeases = () => {
  const held = new Array(32).fill(undefined)
  const part = {}
  let place = 0
  return () => {
    held[place] = new BareLease(part, part, part, part)
    place = (place + 1) % held.length
    return held[place] === undefined || held[place].holds ? 1 : 0
  }
}

/** The young generation is larger than what is allocated meanwhile, so nothing is collected and the heap's growth is what was allocated. */
const bytes = async ({ name, size, context }, options) => {
  const { picks } = options
  const run = name === 'bare lease' ? bareLeases() : contestant(name, size, context)
  await settled(name, options)
  for (let warmup = 0; warmup < 3; warmup++) for (let i = 0; i < picks; i++) run()
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < picks; i++) run()
  return { bytes: (process.memoryUsage().heapUsed - before) / picks }
}

const update = ({ strategies, change, order }, options) => updateTimes(strategies, change, order, options)

const [kind, subject, options] = process.argv.slice(2)
console.log(JSON.stringify(await { pick, bytes, update }[kind](JSON.parse(subject), JSON.parse(options))))
process.exit()
