// Who is measured, and how each is started. A Node contestant is one file under contestants/ that reads PORT and UPSTREAM=host:port.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { haproxyCommand } from './contestants/haproxy.mjs'
import { nginxCommand } from './contestants/nginx.mjs'
import { ensureCommand, hasCommand } from '../scripts/commands.mjs'

/**
 * @typedef {object} Place where a contestant runs
 * @property {number} port
 * @property {number} upstreamPort
 * @property {string} folder for configuration and temporary files
 *
 * @typedef {object} Contestant
 * @property {string} name
 * @property {string} title
 * @property {(place: Place) => [string, string[]]} command
 * @property {(mayInstall: boolean) => string | null} missing why it cannot run here, or `null`
 */

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))

/** @returns {Contestant} */
const onNode = (name, title, file = `./contestants/${name}.mjs`) => ({
  name,
  title,
  command: () => [process.execPath, [path(file)]],
  missing: () => null,
})

/** @returns {Contestant} */
const ours = (name, title) => ({
  ...onNode(name, title),
  missing: () => (existsSync(path('../packages/gateway/dist/index.js')) ? null : 'packages/gateway is not built (pnpm build)'),
})

/** @returns {Contestant} */
const native = (name, title, command) => ({
  name,
  title,
  command,
  missing: (mayInstall) => ((mayInstall ? ensureCommand(name) : hasCommand(name)) ? null : `${name} is not installed`),
})

/** Every ratio is to this one, measured in the same round. */
export const FLOOR = 'floor'

/** @type {readonly Contestant[]} */
export const contestants = [
  onNode(FLOOR, 'floor (node:http + undici dispatch)', './floor.mjs'),
  ours('ours-plain', '@hazeljs/gateway, plain route'),
  ours('ours-policies', '@hazeljs/gateway, every policy on'),
  ours('ours-traffic', '@hazeljs/gateway, versions, canary, mirror of 1 %'),
  ours('ours-routes', '@hazeljs/gateway, 1,000 routes'),
  onNode('reply-from', '@fastify/reply-from'),
  onNode('fastify-http-proxy', '@fastify/http-proxy'),
  onNode('httpxy', 'httpxy'),
  onNode('fast-gateway', 'fast-gateway 3.4.7'),
  onNode('http-proxy-middleware', 'http-proxy-middleware 3'),
  onNode('http-proxy-middleware-express', 'http-proxy-middleware 3 on Express'),
  native('nginx', 'nginx, one worker', nginxCommand),
  native('haproxy', 'HAProxy, one thread', haproxyCommand),
]
