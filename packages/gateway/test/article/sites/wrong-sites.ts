// Every decorator where it does not belong: under both standards the compiler has to refuse each line below a directive.
import {
  Canary,
  Gateway,
  GatewayCircuitBreaker,
  GatewayRateLimit,
  Route,
  ServiceRoute,
  TrafficPolicy,
  VersionRoute,
} from '@hazeljs/gateway'

class Misplaced {
  // @ts-expect-error a method
  @Route('/a')
  method(): void {}

  // @ts-expect-error a method
  @ServiceRoute('a')
  otherMethod(one: string, two: number): string {
    return one + String(two)
  }

  // @ts-expect-error a static field
  @Route('/a')
  static field: any

  // @ts-expect-error a static field
  @GatewayRateLimit({ max: 1, window: 1 })
  static otherField = 1

  // @ts-expect-error a getter
  @TrafficPolicy({})
  get getter(): number {
    return 1
  }

  // @ts-expect-error a class decorator on a field
  @Gateway({})
  field: any

  // @ts-expect-error a class decorator on a method
  @Gateway({})
  thirdMethod(): void {}
}

// @ts-expect-error a field decorator on a class
@GatewayCircuitBreaker(false)
class Class {}

class WrongOptions {
  // @ts-expect-error no path
  @Route({ methods: ['GET'] })
  noPath: any

  // @ts-expect-error a name that nothing reads
  @ServiceRoute({ serviceName: 'a', stripPrefx: '/a' })
  unknownOption: any

  // @ts-expect-error no such strategy of versions
  @VersionRoute({ strategy: 'cookie', routes: {} })
  unknownStrategy: any

  // @ts-expect-error no canary arm
  @Canary({ stable: { version: '1', weight: 100 }, promotion: { strategy: 'error-rate' } })
  oneArm: any
}

export { Class, Misplaced, WrongOptions }
