import type { ResolvedRoute } from '../config/resolved.js'
import type { CanaryConfig } from '../config/canary-config.js'
import type { GatewayContext } from '../gateway-context.js'
import { CanaryEngine } from './canary-engine.js'
import type { MirrorDiffCount } from './judge/evidence.js'

const changes = ['canary:promote', 'canary:rollback', 'canary:complete', 'canary:paused'] as const

/** The engine of a route's canary, whose events are the gateway's too. */
export function canaryEngine(
  { path, methods }: ResolvedRoute,
  config: CanaryConfig,
  { clock, random, events, logger, canaryStore }: GatewayContext,
  mirrorDiff: (() => MirrorDiffCount) | undefined,
): CanaryEngine {
  const engine = new CanaryEngine(config, {
    clock,
    random,
    id: rolloutId(path, methods, config),
    ...(mirrorDiff && { mirrorDiff }),
    ...(canaryStore && { store: canaryStore }),
  })
  for (const event of changes) {
    engine.on(event, (change) => {
      if (events.has(event)) events.emit(event, { route: path, ...change })
    })
  }
  engine.on('canary:decision', (decision) => {
    if (events.has('canary:decision')) events.emit('canary:decision', { route: path, ...decision })
  })
  engine.on('canary:fault', ({ part, error }) => {
    logger.warn({ route: path, part, error: error.message }, 'a canary is not judged as it should be')
    if (events.has('canary:fault')) events.emit('canary:fault', { route: path, part, error })
  })
  return engine
}

/** The same on every gateway with this route, and another for each pair of versions. */
function rolloutId(path: string, methods: readonly string[] | undefined, { stable, canary }: CanaryConfig): string {
  const ofMethods = methods === undefined ? '' : `${[...methods].sort().join(',')} `
  return `${ofMethods}${path} ${stable.version}→${canary.version}`
}
