import type { RegistryBackend } from '@hazeljs/discovery'
import { serveResource } from './resource.js'
import { type RunningService, startService } from './service.js'

interface User {
  readonly id: number
  readonly firstName: string
  readonly lastName: string
}

/** Two versions over one set of users: v1 knows a `name`, v2 a `firstName` and a `lastName`. */
export function startUserServices(backend: RegistryBackend): Promise<RunningService[]> {
  const users = new Map<number, User>([
    [1, { id: 1, firstName: 'Ada', lastName: 'Lovelace' }],
    [2, { id: 2, firstName: 'Grace', lastName: 'Hopper' }],
  ])

  const v1 = serveResource(users, {
    show: ({ id, firstName, lastName }) => ({ id, name: `${firstName} ${lastName}`.trim() }),
    read: ({ name }) => {
      if (typeof name !== 'string') return 'v1 needs a name'
      const [firstName = '', ...rest] = name.split(' ')
      return { firstName, lastName: rest.join(' ') }
    },
  })
  const v2 = serveResource(users, {
    show: (user) => user,
    read: ({ firstName, lastName }) =>
      typeof firstName === 'string' && typeof lastName === 'string' ? { firstName, lastName } : 'v2 needs a firstName and a lastName',
  })

  return Promise.all([
    startService({ name: 'user-service', version: 'v1', tags: ['v1'], answer: v1 }, backend),
    startService({ name: 'user-service', version: 'v2', tags: ['v2'], answer: v2 }, backend),
  ])
}
