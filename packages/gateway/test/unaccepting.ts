import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { afterTest } from './harness.js'

const listenAndStop = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  console.log(server.address().port)
  process.kill(process.pid, 'SIGSTOP')
})`

/** How long it takes until a connection to this machine that isn't there will not come. */
const connectedMs = 150

/** A port on which connections are never made: whoever listens there has stopped, and as many wait already as the kernel lets. */
export async function startUnaccepting(): Promise<number> {
  const child = spawn(process.execPath, ['-e', listenAndStop], { stdio: ['ignore', 'pipe', 'inherit'] })
  afterTest(() => child.kill('SIGKILL'))
  const port = await new Promise<number>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())))
  })
  while (await fillsOnePlace(port)) continue
  return port
}

async function fillsOnePlace(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  afterTest(() => socket.destroy())
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, connectedMs, false)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
