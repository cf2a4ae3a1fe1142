import type { StoredSlice } from './slice-store.js'

const columns = [
  { name: 'Name', type: 'string', format: 'name', description: 'Name of the slice', priority: 0 },
  { name: 'AddressType', type: 'string', format: '', description: 'Kind of addresses', priority: 0 },
  { name: 'Ports', type: 'string', format: '', description: 'Ports of the endpoints', priority: 0 },
  { name: 'Endpoints', type: 'string', format: '', description: 'Addresses of the endpoints', priority: 0 },
  { name: 'Age', type: 'string', format: '', description: 'Time since it was created', priority: 0 },
]

/** Values that a cell shows before it counts the others. */
const shownValues = 3

/** Whether the client asks for rows to print, as kubectl does. */
export function asksForTable(accept: string | undefined): boolean {
  return accept?.includes('as=Table') === true
}

/** What kubectl prints: rows made by the server. `nowMs` is the wall time. */
export function tableOf(slices: readonly StoredSlice[], metadata: object, nowMs: number) {
  const rows = slices.map((slice) => ({
    cells: [slice.metadata.name, slice.addressType, portsCell(slice), endpointsCell(slice), ageCell(slice, nowMs)],
    object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: slice.metadata },
  }))
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions: columns, rows }
}

function portsCell({ ports }: StoredSlice): string {
  return shorten((ports ?? []).map(({ port }) => (port === null || port === undefined ? '*' : String(port))))
}

function endpointsCell({ endpoints }: StoredSlice): string {
  return shorten((endpoints ?? []).flatMap(({ addresses }) => addresses))
}

function shorten(values: readonly string[]): string {
  if (values.length === 0) return '<unset>'
  const more = values.length > shownValues ? ` + ${values.length - shownValues} more...` : ''
  return values.slice(0, shownValues).join(',') + more
}

function ageCell({ metadata }: StoredSlice, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(metadata.creationTimestamp ?? '')) / 1_000))
  if (seconds < 120) return `${seconds}s`
  return seconds < 7_200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3_600)}h`
}
