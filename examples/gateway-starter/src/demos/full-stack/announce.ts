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
  printTable('Try, in another terminal', print, [
    [`curl -i ${gatewayUrl}/api/users`, 'v1 or v2, seven to three'],
    [`curl -i -H 'X-API-Version: v2' ${gatewayUrl}/api/users`, 'v2, asked for'],
    [`curl -i ${gatewayUrl}/api/orders`, 'stable, or one time in ten the canary'],
    [`curl -i ${gatewayUrl}/api/products`, 'a plain route'],
    [`curl -i ${gatewayUrl}/api/payments`, '50 a minute, then 429 with Retry-After'],
    [`curl -X POST ${payments}/outage`, 'payments fail; three failures open the circuit'],
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
