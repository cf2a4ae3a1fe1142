// Every decorator where it does not belong, or with options that are wrong: under both standards the compiler refuses each line below a
// directive, and whoever gets past it is told when the class is defined.
import {
  Fallback,
  FallbackPolicy,
  policiesOf,
  WithBulkhead,
  WithCircuitBreaker,
  WithPolicy,
  WithRetry,
  WithTimeout,
} from '@hazeljs/resilience'

export const misuses = {
  field: () => {
    class Service {
      // @ts-expect-error a field is no method
      @WithRetry()
      pay = async () => 1
    }
    return Service
  },
  getter: () => {
    class Service {
      // @ts-expect-error a getter is no method
      @WithTimeout(5)
      get pay() {
        return Math.PI
      }
    }
    return Service
  },
  class: () => {
    // @ts-expect-error a class is no method
    @WithRetry()
    class Service {}
    return Service
  },
  fallbackField: () => {
    class Service {
      // @ts-expect-error a field is no method
      @Fallback('refund')
      pay = async () => 1
      async refund() {}
    }
    return Service
  },
  options: () => {
    class Service {
      // @ts-expect-error no such scope, and no such option
      @WithRetry({ maxAttempts: -1, scope: 'call', maxKeys: 0, retries: 3 })
      async pay() {}
    }
    return Service
  },
  timeout: () => {
    class Service {
      @WithTimeout('soon')
      async pay() {}
    }
    return Service
  },
  policy: () => {
    class Service {
      // @ts-expect-error a function is no policy
      @WithPolicy(() => 1)
      async pay() {}
    }
    return Service
  },
  nothing: () => {
    class Service {
      // @ts-expect-error options are required
      @WithBulkhead(null)
      async pay() {}
    }
    return Service
  },
  typo: () => {
    class Service {
      async processPayment(): Promise<number> {
        return 1
      }

      // @ts-expect-error no such method
      @Fallback('procesPayment')
      payFallback(): number {
        return 2
      }
    }
    return new Service()
  },
  staticTypo: () => {
    class Service {
      async pay(): Promise<number> {
        return 1
      }

      // @ts-expect-error no such static method
      @Fallback('pay')
      static payFallback(): number {
        return 2
      }
    }
    return Service
  },
  itself: () => {
    class Service {
      @Fallback('pay')
      async pay(): Promise<number> {
        return 1
      }
    }
    return Service
  },
  twoFallbacks: () => {
    class Service {
      async pay(): Promise<number> {
        return 1
      }

      @Fallback('pay')
      one(): number {
        return 1
      }

      @Fallback('pay')
      two(): number {
        return 2
      }
    }
    return Service
  },
}

export class Mistyped {
  // @ts-expect-error the method promises nothing
  @WithRetry()
  plain(): number {
    return 1
  }

  // @ts-expect-error a key of other parameters
  @WithCircuitBreaker({ key: (id: number) => String(id) })
  async keyed(_id: string): Promise<number> {
    return 1
  }

  // @ts-expect-error it may resolve with a text
  @WithPolicy(new FallbackPolicy(() => 'text'))
  async numeric(): Promise<number> {
    return 1
  }

  @WithRetry()
  async pay(amount: number): Promise<number> {
    return amount
  }

  // @ts-expect-error another result
  @Fallback('pay')
  otherResult(): string {
    return 'text'
  }

  // @ts-expect-error another parameter
  @Fallback('numeric')
  otherParameter(amount: string): number {
    return amount.length
  }

  @WithRetry()
  private async hidden(): Promise<number> {
    return this.pay(1)
  }

  use(): unknown {
    return this.hidden()
  }
}

export function misread(service: Mistyped): void {
  policiesOf(Mistyped, 'pay')
  policiesOf(service, 'pay', 'key')
  policiesOf(Mistyped, 'hidden')
  policiesOf(service, 'hidden')
  // @ts-expect-error no such method
  policiesOf(Mistyped, 'pya')
  // @ts-expect-error no such method
  policiesOf(service, 'hiden')
}
