import { type AnyClass, decoratorSite, type DecoratorSite } from '@hazeljs/core'
import type { CircuitBreakerOptions } from '@hazeljs/resilience'
import type { RouteConfig, RouteRateLimit, ServiceRouteConfig, TrafficPolicyConfig } from './config/definition.js'
import type { CanaryConfig } from './config/canary-config.js'
import type { VersionRouteConfig } from './config/version-config.js'
import type { GatewayConfig } from './config/gateway-options.js'
import { type FieldDecorations, gatewayDecorations, noDecorations } from './decorated-class.js'

/** Decorates a class, under both decorator standards. */
export type GatewayDecorator = (target: abstract new (...args: never[]) => object, context?: ClassDecoratorContext) => void

/**
 * Decorates a field of instances, under both decorator standards. The compiler refuses it on methods, static fields and classes; what gets
 * past it is told by `GatewayServer.fromClass`.
 */
export interface RouteDecorator {
  (value: undefined, context: ClassFieldDecoratorContext & { readonly static: false }): void
  (target: object & { readonly prototype?: never }, name: string | symbol, descriptor?: undefined): void
}

/** Makes a class a gateway: `GatewayServer.fromClass` serves the routes that its fields define. A subclass without it inherits it. */
export function Gateway(config: GatewayConfig = {}): GatewayDecorator {
  return (target: AnyClass, context?: ClassDecoratorContext) => {
    const site = decoratorSite([target, context])
    const own = gatewayDecorations.own(site.holder, noDecorations)
    if (site.kind !== 'class') own.misuses.push({ member: site.name, message: `@Gateway decorates a class, not ${describe(site)}` })
    else if (own.configs.length > 0) own.misuses.push({ member: '', message: '@Gateway is given twice; keep one' })
    else own.configs.push(config)
  }
}

/** Which requests a field's route serves: a path, or a path with methods. Needs a `@ServiceRoute` beside it. */
export function Route(route: string | RouteConfig): RouteDecorator {
  return fieldDecorator('Route', route)
}

/** Which service answers: its name, or its name with options. Needs a `@Route` beside it. */
export function ServiceRoute(service: string | ServiceRouteConfig): RouteDecorator {
  return fieldDecorator('ServiceRoute', service)
}

/** Spreads the route over versions of the service. */
export function VersionRoute(config: VersionRouteConfig): RouteDecorator {
  return fieldDecorator('VersionRoute', config)
}

/** Splits the route between a stable version and a canary. */
export function Canary(config: CanaryConfig): RouteDecorator {
  return fieldDecorator('Canary', config)
}

/** Time limits, retries, mirroring and more for the route; each replaces the gateway's default whole. */
export function TrafficPolicy(config: TrafficPolicyConfig): RouteDecorator {
  return fieldDecorator('TrafficPolicy', config)
}

/** A circuit breaker for the route, instead of the gateway's default; `false`: none. */
export function GatewayCircuitBreaker(options: CircuitBreakerOptions | false): RouteDecorator {
  return fieldDecorator('GatewayCircuitBreaker', options)
}

/** A rate limit for the route. */
export function GatewayRateLimit(options: RouteRateLimit): RouteDecorator {
  return fieldDecorator('GatewayRateLimit', options)
}

function fieldDecorator<K extends keyof FieldDecorations>(name: K, value: NonNullable<FieldDecorations[K]>): RouteDecorator {
  return (...args: readonly unknown[]) => {
    const site = decoratorSite(args)
    const own = gatewayDecorations.own(site.holder, noDecorations)
    if (site.kind !== 'field' || site.static) {
      const member = site.kind === 'class' ? '' : site.name
      own.misuses.push({ member, message: `@${name} decorates a field of the gateway's instances, not ${describe(site)}` })
      return
    }
    const field: FieldDecorations = own.fields.get(site.name) ?? {}
    own.fields.set(site.name, field)
    if (Object.hasOwn(field, name)) own.misuses.push({ member: site.name, message: `@${name} is given twice; keep one` })
    else field[name] = value
  }
}

function describe({ kind, static: isStatic }: DecoratorSite): string {
  if (kind === 'class') return 'a class'
  return `a ${isStatic ? 'static ' : ''}${kind === 'other' ? 'getter, setter or accessor' : kind}`
}
