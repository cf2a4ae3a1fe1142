import type { RequestOptions } from 'node:https'

/** What is used of `KubeConfig` of `@kubernetes/client-node`: where the cluster is, and how to prove who asks. */
export interface KubernetesConfig {
  getCurrentContext(): string
  getContextObject(name: string): { readonly namespace?: string } | null
  getCurrentCluster(): { readonly server: string } | null
  /** Called for each request, so that tokens which are renewed, and those of exec and OIDC plugins, are the present ones. */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>
}
