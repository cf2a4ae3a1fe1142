import { durationMs } from '@hazeljs/core'
import {
  defaultDiffBytes,
  defaultDiffHeaders,
  defaultMirrorBodyBytes,
  defaultMirrorMethods,
  defaultMirrorPercentage,
  defaultMirrorsInFlight,
  defaultMirrorTimeoutMs,
} from './defaults.js'
import type { MirrorConfig, MirrorDiffConfig, ResolvedMirror, ResolvedMirrorDiff } from './mirror-config.js'

export function resolveMirror(config: MirrorConfig): ResolvedMirror {
  const { service, filter, percentage, methods, timeout, maxInFlight, maxBodyBytes, headers, keepCredentials, waitForResponse, diff } =
    config
  return Object.freeze({
    service,
    filter,
    percentage: percentage ?? defaultMirrorPercentage,
    methods: methods === undefined ? defaultMirrorMethods : Object.freeze(methods.map((method) => method.toUpperCase())),
    timeoutMs: durationMs(timeout) ?? defaultMirrorTimeoutMs,
    maxInFlight: maxInFlight ?? defaultMirrorsInFlight,
    maxBodyBytes: maxBodyBytes ?? defaultMirrorBodyBytes,
    headers: headers ?? {},
    keepCredentials: keepCredentials ?? false,
    waitForResponse: waitForResponse ?? false,
    diff: diff === undefined || diff === false ? undefined : resolveDiff(diff === true ? {} : diff),
  })
}

function resolveDiff({ status, headers, body, ignore, maxBodyBytes, values, compare }: MirrorDiffConfig): ResolvedMirrorDiff {
  return Object.freeze({
    status: status ?? true,
    headers: headers === undefined ? defaultDiffHeaders : Object.freeze(headers.map((name) => name.toLowerCase())),
    body: body ?? true,
    ignore: ignore ?? [],
    maxBodyBytes: maxBodyBytes ?? defaultDiffBytes,
    values: values ?? false,
    compare,
  })
}
