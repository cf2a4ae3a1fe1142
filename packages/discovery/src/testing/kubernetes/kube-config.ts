export interface KubeConfigOptions {
  /** Default: the one that the server was started with. */
  readonly token?: string
  /** PEM, with `key`: shown in the TLS handshake. */
  readonly cert?: string
  /** PEM. */
  readonly key?: string
  /** The namespace of the context. Default: none, which means `default`. */
  readonly namespace?: string
}

/** A kubeconfig with one context; JSON is YAML. `ca` is PEM. */
export function writeKubeConfig(server: string, ca: string | undefined, { token, cert, key, namespace }: KubeConfigOptions): string {
  const trust = ca === undefined ? { 'insecure-skip-tls-verify': true } : { 'certificate-authority-data': base64(ca) }
  const user = {
    ...(token !== undefined && { token }),
    ...(cert !== undefined && { 'client-certificate-data': base64(cert) }),
    ...(key !== undefined && { 'client-key-data': base64(key) }),
  }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, ...trust } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', ...(namespace !== undefined && { namespace }) } }],
  })
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
