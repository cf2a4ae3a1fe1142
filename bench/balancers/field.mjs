// Who picks: our strategies, a plain array, and the pickers of @grpc/grpc-js. Each is made for a number of instances and gives a function
// that picks one, counts it where it counts, and ends the call that was picked `HELD` picks before.
import { createRequire } from 'node:module'
import { LoadBalancerFactory } from '@hazeljs/discovery'
import { readyChannel } from './grpc-channel.mjs'

/** Calls outstanding while picks are measured. */
const HELD = 32
const KEYS = 1_024

export const STRATEGIES = ['round-robin', 'random', 'least-connections', 'peak-ewma', 'weighted-round-robin', 'ip-hash', 'zone-aware']
export const PEERS = ['array', 'grpc-js round_robin', 'grpc-js pick_first']
export const SIZES = [10, 1_000, 10_000]
/** What is known of a call: nothing; a client's address and zone; these and one instance that was tried before. */
export const CONTEXTS = ['none', 'typical', 'retry']

const ZONES = ['a', 'b', 'c']

/** Weights 1 to 5 and three zones. */
export const instanceOf = (index, differences = {}) => ({
  id: `orders:10.0.${String(index >> 8).padStart(3, '0')}.${String(index & 255).padStart(3, '0')}:8080`,
  name: 'orders',
  host: `10.0.${index >> 8}.${index & 255}`,
  port: 8_080,
  protocol: 'http',
  metadata: { version: '2.0.0', weight: 1 + (index % 5) },
  zone: ZONES[index % ZONES.length],
  tags: ['api', 'v2'],
  status: 'UP',
  lastHeartbeat: 0,
  registeredAt: 0,
  ...differences,
})

export const instances = (count) => Array.from({ length: count }, (_, index) => Object.freeze(instanceOf(index)))

/** The options of a strategy by the name that it has here. */
export const optionsOf = (strategy) =>
  strategy === 'peak-ewma'
    ? { strategy: 'least-connections', options: { leastConnections: { latency: 'peak-ewma' } } }
    : { strategy, options: {} }

const contexts = (kind, members) => {
  const of = (index) => {
    const typical = { key: `192.168.${index >> 8}.${index & 255}`, zone: ZONES[index % ZONES.length] }
    return kind === 'retry' ? { ...typical, exclude: [members[index % members.length].id] } : typical
  }
  return kind === 'none' ? [undefined] : Array.from({ length: KEYS }, (_, index) => of(index))
}

const ours = (name, size, kind) => {
  const { strategy, options } = optionsOf(name)
  const members = instances(size)
  const balancer = LoadBalancerFactory.create(strategy, { zone: 'a', ...options })
  balancer.update(members)
  const asked = contexts(kind, members)
  const held = Array.from({ length: HELD }, () => balancer.pick())
  let place = 0
  let turn = 0
  return () => {
    held[place].release()
    held[place] = balancer.pick(asked[turn])
    place = (place + 1) % HELD
    turn = (turn + 1) % asked.length
    return 1
  }
}

const array = (size) => {
  const members = instances(size)
  const held = new Array(HELD).fill(members[0])
  let next = 0
  let place = 0
  return () => {
    held[place] = members[next]
    next = (next + 1) % members.length
    place = (place + 1) % HELD
    return 1
  }
}

const grpc = (policy, size) => {
  const channel = readyChannel(policy, instances(size))
  const asked = { metadata: undefined, extraPickInfo: {} }
  const held = new Array(HELD).fill(undefined)
  let place = 0
  return () => {
    held[place] = channel.picker.pick(asked)
    place = (place + 1) % HELD
    return 1
  }
}

/** @returns {() => number} a pick; it returns 1, so that a sum proves that each came through */
export const contestant = (name, size, kind) => {
  if (name === 'array') return array(size)
  return name.startsWith('grpc-js') ? grpc(name.split(' ')[1], size) : ours(name, size, kind)
}

export const grpcVersion = createRequire(import.meta.url)('@grpc/grpc-js/package.json').version
