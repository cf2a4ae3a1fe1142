// npm test: installs and builds what is missing or stale, then runs every suite. Arguments go to vitest: npm test -- --project core
import './require-node.mjs'
import { join } from 'node:path'
import { become } from './run.mjs'
import { ensureBuilt, ensureInstalled, root } from './workspace.mjs'

await ensureInstalled()
await ensureBuilt()
become(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)], { cwd: root })
