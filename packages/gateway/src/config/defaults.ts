/** How instances are chosen where a route doesn't say. */
export const defaultStrategy = 'round-robin'

/** The header that asks for a version, for `strategy: 'header'`. */
export const defaultVersionHeader = 'X-API-Version'

/** The query parameter that asks for a version, for `strategy: 'query'`. */
export const defaultVersionParam = 'version'

/** The parameter of a media type that asks for a version, for `strategy: 'media-type'`. */
export const defaultMediaTypeParam = 'version'

/** Shares of the traffic in per cent that a canary goes through where `promotion.steps` are not given. */
export const defaultCanarySteps: readonly number[] = [10, 25, 50, 75, 100]

/** RFC 9112, section 3, asks for 8000 at least. */
export const defaultMaxUrlLength = 8_192

/** Share of the requests that are mirrored, in per cent. */
export const defaultMirrorPercentage = 100

/** Methods that change nothing (RFC 9110, 9.2.1): a copy of them does no harm. */
export const defaultMirrorMethods: readonly string[] = Object.freeze(['GET', 'HEAD', 'OPTIONS'])

/** A copy without a complete answer by then is given up. */
export const defaultMirrorTimeoutMs = 10_000

/** Copies of one route under way at once. */
export const defaultMirrorsInFlight = 64

/** The longest body of a request that is copied. */
export const defaultMirrorBodyBytes = 65_536

/** The longest body of an answer that is compared. */
export const defaultDiffBytes = 65_536

/** Fields of an answer that are compared, in lower case. */
export const defaultDiffHeaders: readonly string[] = Object.freeze(['content-type'])

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
