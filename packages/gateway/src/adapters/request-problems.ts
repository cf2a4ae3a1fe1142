import { isIP } from 'node:net'
import { type ConfigProblem, show } from '@hazeljs/core'
import { isObject } from '../config/fields.js'
import { joinPath } from '../config/problems.js'

/** What of `request` is of the wrong type for a request without a socket; its text may still be no HTTP, which its answer will say. */
export function requestProblems(request: unknown): ConfigProblem[] {
  if (!isObject(request)) return [{ path: '', message: `expected an object, got ${show(request)}` }]
  const { method, path, headers, query, clientIp } = request
  return [
    ...(typeof method === 'string' ? [] : [{ path: 'method', message: `expected a method such as 'GET', got ${show(method)}` }]),
    ...(typeof path === 'string' ? [] : [{ path: 'path', message: `expected a path such as '/api/users', got ${show(path)}` }]),
    ...valueProblems('headers', headers),
    ...valueProblems('query', query),
    ...(isAddress(clientIp) ? [] : [{ path: 'clientIp', message: `expected an IP address, got ${show(clientIp)}` }]),
  ]
}

function isAddress(clientIp: unknown): boolean {
  return clientIp === undefined || clientIp === '' || (typeof clientIp === 'string' && isIP(clientIp) !== 0)
}

function valueProblems(path: 'headers' | 'query', record: unknown): ConfigProblem[] {
  if (record === undefined) return []
  if (!isObject(record)) return [{ path, message: `expected an object, got ${show(record)}` }]
  return Object.entries(record).flatMap(([name, value]) => {
    if (value === undefined || [value].flat().every((one) => typeof one === 'string')) return []
    return [{ path: joinPath(path, [name]), message: `expected text or a list of texts, got ${show(value)}` }]
  })
}
