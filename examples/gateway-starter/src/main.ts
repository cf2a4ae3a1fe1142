import { HazelError } from '@hazeljs/core'
import { describeDemos, readCommand, usage } from './command-line.js'
import type { Demo } from './demo.js'
import { defaultDemo, demos } from './demo-list.js'
import { chooseDemo } from './menu.js'

const print = (text: string) => {
  process.stdout.write(`${text}\n`)
}

const interactive = process.stdin.isTTY && process.stdout.isTTY
const command = readCommand(process.argv.slice(2), process.env.PORT, { interactive, demos, defaultDemo })

switch (command.kind) {
  case 'help':
    print(usage)
    break
  case 'list':
    print(describeDemos(demos))
    break
  case 'invalid':
    process.stderr.write(`${command.message}.\n\n${usage}\n\n${describeDemos(demos)}\n`)
    process.exitCode = 2
    break
  case 'menu': {
    const demo = await chooseDemo(demos)
    if (demo !== undefined) await run(demo, command.port)
    break
  }
  case 'run':
    await run(command.demo, command.port)
}

/** Runs a demo until it is over, or the first Ctrl-C or SIGTERM, which lets it finish what it began; the second ends the process. */
async function run(demo: Demo, port: number): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1)
      stop.abort()
    })
  }
  try {
    await demo.run({ stop: stop.signal, port, print })
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`)
    process.exitCode = 1
  }
}

/** The message of the packages' errors says all there is to say; anything else is a bug, and its stack is wanted. */
function explain(error: unknown): string {
  if (!(error instanceof HazelError)) return error instanceof Error ? (error.stack ?? error.message) : String(error)
  return error.code === 'LISTEN_FAILED' ? `${error.message}: PORT=8080 npm start` : error.message
}
