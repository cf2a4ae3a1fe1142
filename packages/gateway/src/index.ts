export { createGatewayHandler, GatewayServer } from './gateway-server.js'
export type { GatewayDependencies } from './build-context.js'
export type { CloseOptions, ShutdownOptions } from './config/close-options.js'
export type { GatewayRequest, GatewayResponse } from './adapters/handle-request.js'
export type { NodeHandler } from './adapters/node-handler.js'
export type { GatewayHandler, UpgradeListener } from './adapters/upgrade-handler.js'
export {
  Canary,
  Gateway,
  GatewayCircuitBreaker,
  GatewayRateLimit,
  Route,
  ServiceRoute,
  TrafficPolicy,
  VersionRoute,
  type GatewayDecorator,
  type RouteDecorator,
} from './decorators.js'
export type {
  GatewayRouteDefinition,
  MessageTransform,
  NewBody,
  RequestView,
  ResponseView,
  RouteConfig,
  RouteRateLimit,
  ServiceRouteConfig,
  TrafficPolicyConfig,
  TransformCall,
  TransformConfig,
} from './config/definition.js'
export type { CanaryArm, CanaryConfig, CanaryPromotion, PendingCanaryStep } from './config/canary-config.js'
export type { HeaderEdits } from './config/header-edits.js'
export type { ComparedAnswer, MirrorConfig, MirrorDiffConfig, ResolvedMirror, ResolvedMirrorDiff } from './config/mirror-config.js'
export type { ValueMatch, VersionMatch, VersionRouteConfig, VersionTarget } from './config/version-config.js'
export type { CorsConfig, GatewayConfig, GatewayOptions, UpstreamTlsConfig } from './config/gateway-options.js'
export type { CanaryChange, CanaryEvents, CanaryFault } from './canary/canary-events.js'
export { type CanaryDecision, type ReplayedDecision, replayDecisions } from './canary/decisions.js'
export type { CanaryPower, CanaryStatus } from './canary/canary-status.js'
export type { CanaryEvidence, CanaryNumbers, CanaryVerdict, CanaryVerdictCode, MirrorDiffCount } from './canary/judge/evidence.js'
export type { CanaryArmTally, CanaryEpochTally, RolloutState, CanaryTally } from './canary/rollout/rollout.js'
export type { CanaryArmMetrics, CanaryArmName, CanaryMetrics } from './canary/canary-metrics.js'
export { CanaryState, CanaryStateError } from './canary/canary-state.js'
export type { CanaryStore, RolloutReport, StoredRollout } from './canary/sharing/canary-store.js'
export { CanaryStoreError, type CanaryStoreErrorCode } from './canary/sharing/canary-store-error.js'
export { MemoryCanaryStore } from './canary/sharing/memory-canary-store.js'
export { CanaryEngine, type CanaryEngineOptions, type CanaryRequest } from './canary/canary-engine.js'
export { VersionRouter, type VersionRequest, type VersionResolution } from './versions/version-router.js'
export type { VersionRouterOptions } from './versions/version-selector.js'
export type { VersionsUsage, VersionUsage } from './versions/version-usage.js'
export type { UnknownVersion } from './versions/unknown-versions.js'
export type { ResolvedBy } from './versions/version-choice.js'
export { ClientLeftError, GatewayError, problemCodes, UpstreamError, type ProblemCode } from './errors.js'
export type {
  CanaryDecisionEvent,
  CanaryFaultEvent,
  CanaryRouteEvent,
  CircuitEvent,
  GatewayEvents,
  MirrorDiffEvent,
  RateLimitEvent,
  RouteEvent,
  RouteFailureEvent,
  RoutesReplacedEvent,
  ShedRequestEvent,
  UnreadableRequestEvent,
} from './events.js'
export type { GatewayMetrics, GatewaySnapshot, RouteMetrics, RouteVersions } from './gateway-metrics.js'
export type { DroppedCopies, MirrorSnapshot } from './mirror/mirror-counts.js'
export type { MirrorDifference, MirrorExample, MirrorReport } from './mirror/diff/diff-report.js'
export type { RefusedSnapshot } from './http/refused-requests.js'
export type { ListenOptions, ListenTlsOptions } from './http/listen-options.js'
export type { ExplainRequest } from './explain/explain.js'
export type {
  ExplainedBody,
  ExplainedCanary,
  ExplainedPolicies,
  ExplainedRefusal,
  ExplainedRoute,
  ExplainedSubset,
  ExplainedUpgrade,
  ExplainedUpstream,
  Explanation,
  OtherRoute,
} from './explain/explanation.js'
export type { Listening } from './http/listener.js'
export { ConfigError, type ConfigProblem } from '@hazeljs/core'
