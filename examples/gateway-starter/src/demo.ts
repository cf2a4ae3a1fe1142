export type DemoCategory = 'Gateway' | 'Resilience' | 'Discovery' | 'Scenarios'

export interface DemoContext {
  /** Aborted when the user wants the demo to end: Ctrl-C, SIGTERM. The demo then cleans up and resolves. */
  readonly stop: AbortSignal
  /** Where a demo that serves something listens, from the environment's PORT; 0 is any free port. Default 3000. */
  readonly port: number
  readonly print: (text: string) => void
}

/** One entry of the menu. Whatever a demo needs it starts itself, on real sockets. */
export interface Demo {
  readonly category: DemoCategory
  /** What follows `demo:` in the npm script: `scenario:full-stack`. */
  readonly name: string
  readonly title: string
  /** One line. */
  readonly description: string
  /** Resolves when the demo is over and everything it started is closed. Imports the demo only now, so that the list stays quick. */
  readonly run: (context: DemoContext) => Promise<void>
}
