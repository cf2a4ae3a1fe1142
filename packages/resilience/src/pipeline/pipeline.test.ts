import { describe, expect, it, vi } from 'vitest'
import { compose } from '../compose.js'
import type { Call, CallContext, CallOptions, Policy } from '../policy.js'
import { Timeout } from '../timeout/timeout.js'

class Logging implements Policy {
  async execute<T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> {
    return call(context as CallContext)
  }
}

class Described extends Logging {
  readonly describe = () => ({ policy: 'Described', summary: 'does what it says' })
}

describe('toString', () => {
  it('prints a policy a line, each under the one around it', () => {
    const pipeline = compose(new Timeout('2m'), compose(new Described(), new Timeout(1_500)), new Logging())
    expect(String(pipeline)).toBe(['Timeout: 2 min', '  Described: does what it says', '    Timeout: 1.5 s', '      Logging'].join('\n'))
    expect(`${String(compose())}.`).toBe('.')
  })
})

describe('describe', () => {
  it('lists the policies, those of a pipeline inside in its place', () => {
    expect(compose(new Timeout(50), compose(new Timeout(20), new Logging())).describe()).toEqual({
      policy: 'Pipeline',
      summary: 'Timeout → Timeout → Logging',
      policies: [
        { policy: 'Timeout', summary: '50 ms', timeoutMs: 50 },
        { policy: 'Timeout', summary: '20 ms', timeoutMs: 20 },
        { policy: 'Logging', summary: '' },
      ],
    })
  })

  it('takes for a pipeline what describes itself as one', () => {
    const inner = compose(new Timeout(50), new Logging())
    const named: Policy = { execute: (call, context) => inner.execute(call, context), describe: () => inner.describe() }
    expect(compose(new Timeout(90), named).toString()).toBe('Timeout: 90 ms\n  Timeout: 50 ms\n    Logging')
  })

  it('outlives a policy that cannot describe itself', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    class Shy extends Logging {
      describe(): never {
        throw new Error('no')
      }
    }
    expect(compose(new Shy()).toString()).toBe('Shy')
    expect(emitWarning).toHaveBeenCalledWith('describe threw: no', expect.objectContaining({ type: 'HazelCallbackWarning' }))
    emitWarning.mockRestore()
  })
})
