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

const documents: Readonly<Record<string, object>> = {
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

/** What the server says of itself at a path: clients such as kubectl read it to learn which resources there are. */
export function apiDocument(path: string): object | undefined {
  const name = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path)?.[1]
  // Where a slice is missing, kubectl asks whether its namespace is. None is.
  if (name !== undefined) return { kind: 'Namespace', apiVersion: 'v1', metadata: { name }, status: { phase: 'Active' } }
  return documents[path]
}
