import { randomUUID } from 'node:crypto'
import { Agent, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { afterTest, startProxy, startUpstream } from './harness.js'
import { openSocket, refusedSocket } from './web-sockets.js'

/** What an instance of Engine.IO (the transport below Socket.IO, protocol 4) keeps of a client; other instances know nothing of it. */
interface Session {
  readonly outbox: string[]
  poll: ServerResponse | undefined
}

/** An instance that begins with long polling and changes to a WebSocket, as Engine.IO does. Messages come back. */
async function startEngine() {
  const sessions = new Map<string, Session>()
  const flush = (session: Session) => {
    if (session.poll === undefined || session.outbox.length === 0) return
    session.poll.end(session.outbox.splice(0).join('\x1e'))
    session.poll = undefined
  }
  const emit = (session: Session, packet: string) => {
    session.outbox.push(packet)
    flush(session)
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const sid = new URL(request.url ?? '', 'http://a').searchParams.get('sid')
    if (sid === null) {
      const opened = randomUUID()
      sessions.set(opened, { outbox: [], poll: undefined })
      response.end(`0${JSON.stringify({ sid: opened, upgrades: ['websocket'] })}`)
      return
    }
    const session = sessions.get(sid)
    if (session === undefined) response.writeHead(400).end('{"code":1,"message":"Session ID unknown"}')
    else if (request.method === 'GET') {
      session.poll = response
      flush(session)
    } else {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        response.end('ok')
        emit(session, body)
      })
    }
  }
  const upstream = await startUpstream(handle)
  const sockets = new WebSocketServer({
    server: upstream.server,
    verifyClient: ({ req }: { req: IncomingMessage }) => sessions.has(new URL(req.url ?? '', 'http://a').searchParams.get('sid') ?? ''),
  })
  sockets.on('connection', (socket, request) => {
    const session = sessions.get(new URL(request.url ?? '', 'http://a').searchParams.get('sid') ?? '') as Session
    socket.on('message', (data: Buffer) => {
      const packet = data.toString()
      if (packet === '2probe') {
        socket.send('3probe')
        emit(session, '6') // a no-op ends the poll that is still open
      } else if (packet !== '5') socket.send(packet)
    })
  })
  return upstream
}

async function setUp(instances: number) {
  const upstreams = await Promise.all(Array.from({ length: instances }, startEngine))
  const { port } = await startProxy(
    upstreams.map((upstream) => upstream.port),
    { serviceConfig: { loadBalancingStrategy: 'ip-hash' } },
  )
  const agent = new Agent({ keepAlive: true })
  afterTest(() => {
    agent.destroy()
  })
  const call = (method: string, query: string, body?: string) =>
    new Promise<string>((resolve, reject) => {
      const path = `/socket.io/?EIO=4&transport=polling${query}`
      const request = httpRequest({ host: '127.0.0.1', port, agent, path, method }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('error', reject)
        response.on('end', () => resolve(text))
      })
      request.on('error', reject).end(body)
    })
  const open = async () => (JSON.parse((await call('GET', '')).slice(1)) as { sid: string }).sid
  return { port, upstreams, call, open }
}

it('a client of Socket.IO polls, probes and changes to a WebSocket, all at its one instance', async () => {
  const { port, upstreams, call, open } = await setUp(3)
  const sid = await open()
  const polled = call('GET', `&sid=${sid}`)
  expect(await call('POST', `&sid=${sid}`, '4hello')).toBe('ok')
  expect(await polled).toBe('4hello')

  const lastPoll = call('GET', `&sid=${sid}`)
  const { socket, next } = await openSocket(port, `/socket.io/?EIO=4&transport=websocket&sid=${sid}`)
  socket.send('2probe')
  expect(String(await next())).toBe('3probe')
  expect(await lastPoll).toBe('6')
  socket.send('5')
  socket.send('4through the tunnel')
  expect(String(await next())).toBe('4through the tunnel')
  expect(upstreams.filter(({ requests }) => requests.length > 0)).toHaveLength(1)

  const path = `/socket.io/?EIO=4&transport=websocket&sid=${randomUUID()}`
  expect((await refusedSocket(port, path)).status).toBe(401)
})
