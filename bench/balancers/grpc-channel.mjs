// A load balancing policy of @grpc/grpc-js as its channel drives it, with subchannels that are ready from the start: what it publishes is the
// picker that calls use.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
require('@grpc/grpc-js') // registers the policies
const { createLoadBalancer, parseLoadBalancingConfig } = require('@grpc/grpc-js/build/src/load-balancer.js')
const READY = require('@grpc/grpc-js/build/src/connectivity-state.js').ConnectivityState.READY

const nothing = () => {}

const readySubchannel = (address) => ({
  getConnectivityState: () => READY,
  addConnectivityStateListener: nothing,
  removeConnectivityStateListener: nothing,
  addHealthStateWatcher: nothing,
  removeHealthStateWatcher: nothing,
  startConnecting: nothing,
  isHealthy: () => true,
  ref: nothing,
  unref: nothing,
  getAddress: () => `${address.host}:${address.port}`,
  getChannelzRef: () => null,
  realSubchannelEquals: () => false,
})

/** @param {string} policy `round_robin` or `pick_first` */
export const readyChannel = (policy, members) => {
  const channel = { picker: undefined, update: nothing }
  const balancer = createLoadBalancer(parseLoadBalancingConfig({ [policy]: {} }), {
    createSubchannel: readySubchannel,
    updateState: (state, picker) => {
      if (state === READY) channel.picker = picker
    },
    requestReresolution: nothing,
    addChannelzChild: nothing,
    removeChannelzChild: nothing,
  })
  channel.update = (instances) => {
    const endpoints = instances.filter(({ status }) => status === 'UP').map(({ host, port }) => ({ addresses: [{ host, port }] }))
    balancer.updateAddressList({ ok: true, value: endpoints }, parseLoadBalancingConfig({ [policy]: {} }), {}, '')
  }
  channel.update(members)
  return channel
}
