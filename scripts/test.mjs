// npm test: installs and builds what is missing or stale, servers that tests need included, then runs every suite. Arguments go to vitest:
// npm test -- --project core
import './require-node.mjs'
import { join } from 'node:path'
import { become } from './run.mjs'
import { ensureServers } from './servers.mjs'
import { ensureBuilt, ensureInstalled, root } from './workspace.mjs'

await ensureInstalled()
await ensureBuilt()
const args = process.argv.slice(2)
ensureServers(args)
become(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], { cwd: root })
