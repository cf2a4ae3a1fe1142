// An instance in a process of its own, for registries.mjs to kill: it serves on a free port, registers where it can, and says so.
import { createServer } from 'node:http'
import process from 'node:process'
import { ServiceRegistry } from '@hazeljs/discovery'

const choice = JSON.parse(process.argv[2])

const server = createServer((_request, response) => response.end('{}'))
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  if (choice !== null) await new ServiceRegistry({ name: 'orders', port, ...choice }).register()
  process.send({ port })
})
process.on('disconnect', () => process.exit())
