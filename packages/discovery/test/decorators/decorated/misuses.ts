import { InjectServiceClient, RegisterService, type ServiceClient } from '@hazeljs/discovery'

/** Each defines a class that is refused; the compiler refuses those it can. */
export const misuses: Record<string, () => unknown> = {
  'a config that is wrong': () => {
    // @ts-expect-error -- there is no port
    @RegisterService({ name: '' })
    class Wrong {}
    return Wrong
  },
  'a hook that there is not': () => {
    @RegisterService({ name: 'a', port: 1 }, undefined, { start: 'begin' })
    class Wrong {}
    return Wrong
  },
  'two registrations': () => {
    @RegisterService({ name: 'a', port: 1 })
    @RegisterService({ name: 'b', port: 1 })
    class Wrong {}
    return Wrong
  },
  'a registered method': () => {
    class Wrong {
      // @ts-expect-error -- it is no class
      @RegisterService({ name: 'a', port: 1 })
      method(): void {}
    }
    return Wrong
  },
  'options that are wrong': () => {
    class Wrong {
      @InjectServiceClient('users', { timeout: 'soon' })
      users!: ServiceClient
    }
    return Wrong
  },
  'no name': () => {
    class Wrong {
      @InjectServiceClient('')
      users!: ServiceClient
    }
    return Wrong
  },
  'an injected method': () => {
    class Wrong {
      // @ts-expect-error -- it is no field
      @InjectServiceClient('users')
      users(): void {}
    }
    return Wrong
  },
  'an injected class': () => {
    // @ts-expect-error -- it is no field
    @InjectServiceClient('users')
    class Wrong {}
    return Wrong
  },
  'an injected getter': () => {
    class Wrong {
      // @ts-expect-error -- it is no field
      @InjectServiceClient('users')
      get users(): number {
        return Number(this)
      }
    }
    return Wrong
  },
}
