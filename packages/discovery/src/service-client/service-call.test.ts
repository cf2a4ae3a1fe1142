import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLogger, systemClock, systemRandom } from '@hazeljs/core'
import { type Call, type CallContext, type CallOptions, toContext } from '@hazeljs/resilience'
import { expect, it, vi } from 'vitest'
import { MemoryRegistryBackend } from '../backends/memory/memory-registry-backend.js'
import { DiscoveryClient } from '../discovery-client.js'
import { sampleInstance } from '../testing/sample-instance.js'
import { type StreamedAnswer, StreamedReader } from './answer-reader.js'
import { callPolicies } from './call-policies.js'
import { resolveServiceClientOptions } from './options.js'
import { prepareRequest } from './request.js'
import { ServiceCall } from './service-call.js'
import { ServiceTarget } from './service-target.js'

/** Two answers came, and the policies took one: as when both copies of a hedged call answer in the same turn of the loop. */
it('leaves no body open that the caller was not given', async () => {
  const servers = await Promise.all(
    [1, 2].map(async () => {
      const server = createServer((_, response) => void response.write('first'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const backend = new MemoryRegistryBackend()
  for (const server of servers) {
    const { port } = server.address() as AddressInfo
    await backend.register(sampleInstance({ id: String(port), name: 'users', port }))
  }
  const discovery = new DiscoveryClient({}, backend)
  const options = resolveServiceClientOptions({ serviceName: 'users' })
  const target = new ServiceTarget(discovery, options)
  const given: StreamedAnswer[] = []
  const attempts = {
    ...callPolicies(options, systemClock, systemRandom).attempts,
    execute: async <T>(call: Call<T>, context?: CallContext | CallOptions): Promise<T> => {
      const both = await Promise.all([call(toContext(context)), call(toContext(context))])
      given.push(...(both as StreamedAnswer[]))
      return both[1]
    },
  }
  const policies = { ...callPolicies(options, systemClock, systemRandom), attempts }
  const terms = { target, policies, maxResponseBytes: 1, clock: systemClock, logger: silentLogger }
  const answer = await new ServiceCall(terms, prepareRequest('GET', '/', {}, undefined), () => new StreamedReader()).run()

  expect(given.map(({ body }) => body.destroyed)).toEqual([true, false])
  expect(answer).toBe(given[1])
  answer.body.destroy()
  await target.close(0, systemClock)
  await discovery.close()
  for (const server of servers) server.close()
  await vi.waitFor(() => expect(servers.every(({ listening }) => !listening)).toBe(true))
})
