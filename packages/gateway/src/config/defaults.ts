/** How instances are chosen where a route doesn't say. */
export const defaultStrategy = 'round-robin'

/** The header that asks for a version, for `strategy: 'header'`. */
export const defaultVersionHeader = 'X-API-Version'

/** The query parameter that asks for a version, for `strategy: 'query'`. */
export const defaultVersionParam = 'version'

/** Shares of the traffic in per cent that a canary goes through where `promotion.steps` are not given. */
export const defaultCanarySteps: readonly number[] = [10, 25, 50, 75, 100]

/** RFC 9112, section 3, asks for 8000 at least. */
export const defaultMaxUrlLength = 8_192

/** Share of the requests that are mirrored, in per cent. */
export const defaultMirrorPercentage = 100

/** The largest body that a transform's function gets. */
export const defaultTransformBytes = 1_048_576

/** Protocols that a client may change to where a route doesn't say. */
export const defaultUpgrades: readonly string[] = Object.freeze(['websocket'])

export const defaultMetricsWindowMs = 60_000

export const defaultConnectTimeoutMs = 5_000

/** Longest silence between two chunks of a body. */
export const defaultIdleTimeoutMs = 300_000

/** How long an idle connection to an instance is kept. */
export const defaultKeepAliveMs = 60_000
