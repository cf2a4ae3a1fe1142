import {
  type DiscoveryClient,
  InjectServiceClient,
  type MemoryRegistryBackend,
  RegisterService,
  type ServiceClient,
  MemoryRegistryBackend as Memory,
} from '@hazeljs/discovery'

export const backend: MemoryRegistryBackend = new Memory()
export const order: string[] = []

/** As code without a container has it. */
@RegisterService((self: Orders) => ({ name: 'orders', port: self.port }), backend)
export class Orders {
  port = 0

  constructor(readonly discovery: DiscoveryClient) {}

  @InjectServiceClient('users', { timeout: '2s', discovery: (self: Orders) => self.discovery })
  readonly users!: ServiceClient

  @InjectServiceClient('stock', { discovery: (self: Orders) => self.discovery })
  accessor stock!: ServiceClient

  async start(port: number): Promise<string> {
    this.port = port
    order.push('start')
    return `on ${port}`
  }

  async stop(): Promise<void> {
    order.push(`stop ${this.users.serviceName}`)
  }
}

/** As a container has it, for which it has no methods of its own. */
@RegisterService({ name: 'plain', port: 4001, tags: ['v1'] }, backend)
export class Plain {
  declare onModuleInit: () => Promise<void>
  declare onModuleDestroy: () => Promise<void>
}

@RegisterService({ name: 'sub', port: 4002 }, backend)
export class Sub extends Plain {}

export class Inherited extends Orders {}

@RegisterService({ name: 'other', port: 4003, drain: 1 }, backend, { start: 'listen', end: 'shutDown' })
export class OtherHooks {
  start(): string {
    return 'a word of the domain'
  }

  async listen(): Promise<void> {
    order.push('listen')
  }

  async shutDown(): Promise<void> {
    throw new Error('shut down')
  }
}

@RegisterService((self: Synchronous) => ({ name: 'sync', port: self.port }), backend)
export class Synchronous {
  port = -1
  onModuleInit(): void {
    order.push('init')
  }
}

export class Members {
  @InjectServiceClient('users') static shared: ServiceClient
  @InjectServiceClient('users') one!: ServiceClient
  @InjectServiceClient('users') protected two!: ServiceClient
  @InjectServiceClient('users') maybe?: ServiceClient

  get both(): readonly ServiceClient[] {
    return [this.one, this.two]
  }
}

export class SubMembers extends Members {
  @InjectServiceClient('stock') three!: ServiceClient
}
