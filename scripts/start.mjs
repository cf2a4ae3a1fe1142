// npm start: installs and builds what is missing or stale, then runs the starter with our arguments.
import './require-node.mjs'
import { join } from 'node:path'
import { become } from './run.mjs'
import { ensureBuilt, ensureInstalled, readJson, root, starter } from './workspace.mjs'

await ensureInstalled()
await ensureBuilt()

const command = readJson(`${starter}/package.json`).scripts.start.split(' ')
if (command[0] !== 'node') throw new Error(`The start script of ${starter} has to be one node command, so that signals reach it`)
become(process.execPath, [...command.slice(1), ...process.argv.slice(2)], { cwd: join(root, starter) })
