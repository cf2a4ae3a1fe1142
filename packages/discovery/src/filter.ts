import { isDeepStrictEqual } from 'node:util'
import type { ServiceFilter, ServiceInstance } from '@hazeljs/core'

/** Whether the instance is one of those meant. A part of the filter that is `undefined` is as good as left out. */
export function matches(instance: ServiceInstance, filter: ServiceFilter): boolean {
  if (filter.zone !== undefined && instance.zone !== filter.zone) return false
  if (filter.status !== undefined && instance.status !== filter.status) return false
  if (filter.tags !== undefined && !filter.tags.every((tag) => instance.tags.includes(tag))) return false
  return filter.metadata === undefined || hasMetadata(instance, filter.metadata)
}

function hasMetadata(instance: ServiceInstance, wanted: Readonly<Record<string, unknown>>): boolean {
  for (const [key, value] of Object.entries(wanted)) {
    if (value !== undefined && !isDeepStrictEqual(instance.metadata[key], value)) return false
  }
  return true
}

/** The same text for filters that mean the same, whatever the order of their parts: the name of a subset. Empty without a filter. */
export function filterKey(filter: ServiceFilter | undefined): string {
  if (filter === undefined) return ''
  const { zone, status, tags, metadata } = filter
  const parts = { metadata, status, tags: tags === undefined || tags.length === 0 ? undefined : [...new Set(tags)].sort(), zone }
  const key = JSON.stringify(parts, sortKeys)
  return key === '{}' || key === '{"metadata":{}}' ? '' : key
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
