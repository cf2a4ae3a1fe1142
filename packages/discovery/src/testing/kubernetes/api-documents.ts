const groupVersion = 'discovery.k8s.io/v1'
const version = { groupVersion, version: 'v1' }
const group = { name: 'discovery.k8s.io', versions: [version], preferredVersion: version }

const endpointSlices = {
  name: 'endpointslices',
  singularName: 'endpointslice',
  namespaced: true,
  kind: 'EndpointSlice',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
}

/** What the server says of itself, by path: clients such as kubectl read it to learn which resources there are. */
export const apiDocuments: Readonly<Record<string, object>> = {
  '/version': {
    major: '1',
    minor: '32',
    gitVersion: 'v1.32.0',
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: '',
  },
  '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
  '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] },
  '/apis/discovery.k8s.io': { kind: 'APIGroup', apiVersion: 'v1', ...group },
  '/apis/discovery.k8s.io/v1': { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [endpointSlices] },
}
