import { styleText } from 'node:util'
import type { RunningService } from '../../services/service.js'

/** Says what runs where, and what to try first. */
export function announce(gatewayUrl: string, services: readonly RunningService[], print: (text: string) => void): void {
  const payments = services.find(({ name }) => name === 'payment-service')?.url ?? ''

  printTable(
    'Services, each a server of its own',
    print,
    services.map(({ name, version, url }) => [`${name} ${version}`, url]),
  )
  const gateway = gatewayUrl.replace('http://', '')
  printTable('Try, in another terminal', print, [
    [`curl -i ${gateway}/api/users`, 'v1, or v2 (30 %)'],
    [`curl -i -H 'X-API-Version: v2' ${gateway}/api/users`, 'v2, asked for'],
    [`curl -i ${gateway}/api/orders`, '1.0.0, or the canary (10 %)'],
    [`curl -i ${gateway}/api/products`, 'a plain route'],
    [`curl -i ${gateway}/api/payments`, '50 a minute, then 429'],
    [`curl -X POST ${payments}/outage`, 'three failures open the circuit'],
    [`curl -X DELETE ${payments}/outage`, 'payments work again'],
  ])
  print(`\n${styleText('bold', `The gateway listens on ${gatewayUrl}`)}`)
  print('  Ctrl-C stops it. Each request prints a line.\n')
}

function printTable(heading: string, print: (text: string) => void, rows: readonly (readonly [string, string])[]): void {
  const width = Math.max(...rows.map(([first]) => first.length))
  print(`\n${styleText('bold', heading)}`)
  for (const [first, second] of rows) print(`  ${first.padEnd(width)}  ${second}`)
}
