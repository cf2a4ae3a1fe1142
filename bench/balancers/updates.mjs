// What it takes to know of one change among many: from the snapshot that a watch tells to the last balancer that has it.
import { setImmediate as turn } from 'node:timers/promises'
import { DiscoveryClient } from '@hazeljs/discovery'
import { instanceOf, instances, optionsOf } from './field.mjs'
import { readyChannel } from './grpc-channel.mjs'

export const CHANGES = ['status', 'metadata', 'join', 'leave']
/** Backends tell instances in the order of ids or as they came. */
export const ORDERS = ['sorted', 'as they came']

/** Each change concerns another instance, and the lists are new ones with the same objects, as a backend tells them. */
const changed = (list, change, round, size) => {
  const index = (round * 7_919) % list.length
  const was = list[index]
  if (change === 'status') return list.with(index, Object.freeze({ ...was, status: was.status === 'UP' ? 'DOWN' : 'UP' }))
  if (change === 'metadata') return list.with(index, Object.freeze({ ...was, metadata: { ...was.metadata, weight: 1 + (round % 7) } }))
  if (change === 'leave') return list.toSpliced(index, 1)
  const newcomer = Object.freeze(instanceOf(size + round))
  return [...list, newcomer]
}

const sortedById = (list) => [...list].sort((a, b) => (a.id < b.id ? -1 : 1))

const shuffled = (list) => {
  let state = 1
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** A registry whose watch tells what it is given. */
class ToldBackend {
  #listener
  #instances

  constructor(list) {
    this.#instances = list
  }

  getInstances() {
    return Promise.resolve(this.#instances)
  }

  watch(_name, listener) {
    this.#listener = listener
    return () => {}
  }

  tell(list) {
    this.#listener({ kind: 'snapshot', instances: list, removed: [] })
  }
}

const ourUpdater = async (strategies, list) => {
  const backend = new ToldBackend(list)
  const { options } = optionsOf(strategies[0])
  const client = new DiscoveryClient({ zone: 'a', ...options }, backend)
  const pickers = strategies.map((name) => client.picker('orders', { strategy: optionsOf(name).strategy }))
  await pickers[0].whenReady()
  backend.tell(list)
  for (const picker of pickers) picker.acquire({ key: 'a', zone: 'a' }).release()
  return (told) => backend.tell(told)
}

const updaterOf = (strategies, list) => {
  if (!strategies[0].startsWith('grpc-js')) return ourUpdater(strategies, list)
  const channel = readyChannel(strategies[0].split(' ')[1], list)
  return (told) => channel.update(told)
}

/** @returns the longest time that the event loop stood still */
const aftermath = async (forMs) => {
  const endMs = performance.now() + forMs
  let longest = 0
  for (let lastMs = performance.now(); lastMs < endMs;) {
    await turn()
    const nowMs = performance.now()
    longest = Math.max(longest, nowMs - lastMs)
    lastMs = nowMs
  }
  return longest
}

/** @returns the ms of each change, and how long the event loop stood still at most after one */
export const updateTimes = async (strategies, change, order, { size, updates, settle }) => {
  const members = instances(size)
  let list = order === 'sorted' ? members : shuffled(members)
  const update = await updaterOf(strategies, list)
  await aftermath(settle)
  const times = []
  for (let round = 0; round < updates; round++) {
    list = changed(list, change, round, size)
    const told = order === 'sorted' && change === 'join' ? sortedById(list) : [...list]
    await turn()
    const startedAt = performance.now()
    update(told)
    times.push(performance.now() - startedAt)
  }
  return { times, longestHold: await aftermath(settle) }
}
