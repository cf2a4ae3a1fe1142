import type { SliceEndpoint, SliceMetadata } from './endpoint-slice.js'

/** Labels and annotations of this prefix are metadata under the rest of their key: `hazeljs.io/weight` is `weight`. */
export const ownPrefix = 'hazeljs.io/'
const versionLabel = 'app.kubernetes.io/version'

/**
 * What filters and balancers read of an endpoint:
 *
 * - the slice's labels, which Kubernetes copies from the Service, under their keys; those that are Kubernetes' own bookkeeping are left out
 * - `version`: the label of that name, or else `app.kubernetes.io/version`
 * - labels and annotations under `hazeljs.io/` without the prefix; `weight` as a number
 * - `namespace`, `node`, and the name and uid of the pod as `pod` and `podUid`
 */
export function metadataOf(slice: SliceMetadata, endpoint: SliceEndpoint): Readonly<Record<string, unknown>> {
  const labels = slice.labels ?? {}
  const { nodeName, targetRef } = endpoint
  const version = labels.version ?? labels[versionLabel]
  const isPod = targetRef?.kind === 'Pod'
  return Object.freeze({
    ...Object.fromEntries(Object.entries(labels).filter(([key]) => !isBookkeeping(key))),
    ...(version !== undefined && { version }),
    ...(slice.namespace !== undefined && { namespace: slice.namespace }),
    ...(nodeName !== undefined && { node: nodeName }),
    ...(isPod && targetRef.name !== undefined && { pod: targetRef.name }),
    ...(isPod && targetRef.uid !== undefined && { podUid: targetRef.uid }),
    ...own(slice.annotations ?? {}),
    ...own(labels),
  })
}

function isBookkeeping(key: string): boolean {
  const [domain = ''] = key.split('/')
  if (!key.includes('/') || domain === 'app.kubernetes.io') return false
  return key.startsWith(ownPrefix) || domain === 'kubernetes.io' || domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')
}

function own(texts: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(texts).filter(([key]) => key.startsWith(ownPrefix))
  return Object.fromEntries(entries.map(([key, text]) => [key.slice(ownPrefix.length), key === `${ownPrefix}weight` ? Number(text) : text]))
}
