import type { Demo } from './demo.js'

/** The menu, in its order. A new demo is a folder in demos/, an entry here, and a script in package.json. */
export const demos: readonly Demo[] = [
  {
    category: 'Scenarios',
    name: 'scenario:canary',
    title: 'Canary',
    description: 'A good release is promoted, bad ones are rolled back, before your eyes; 10 seconds',
    run: async (context) => (await import('./demos/canary/canary.js')).runCanary(context),
  },
  {
    category: 'Scenarios',
    name: 'scenario:full-stack',
    title: 'Full stack',
    description: 'Six services behind one gateway, live on port 3000',
    run: async (context) => (await import('./demos/full-stack/full-stack.js')).runFullStack(context),
  },
]

/** Runs where nobody can choose: without a terminal. */
export const defaultDemo = 'scenario:full-stack'
