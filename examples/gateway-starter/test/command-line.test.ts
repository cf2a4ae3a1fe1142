import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeDemos, readCommand } from '../src/command-line.js'
import { defaultDemo, demos } from '../src/demo-list.js'
import packageJson from '../package.json' with { type: 'json' }
import { startStarter } from './starter-process.js'

const timeout = 30_000
const read = (args: readonly string[], port?: string, interactive = false) => readCommand(args, port, { interactive, demos, defaultDemo })

describe('the command line', () => {
  it('offers the menu in a terminal, and runs the full stack without one', () => {
    expect(read([], undefined, true)).toEqual({ kind: 'menu', port: 3_000 })
    expect(read([])).toMatchObject({ kind: 'run', demo: { name: 'scenario:full-stack' }, port: 3_000 })
  })

  it.each(demos.map(({ name }) => name))('runs %s by name and has a script for it', (name) => {
    expect(read([name], '8080', true)).toMatchObject({ kind: 'run', demo: { name }, port: 8_080 })
    expect(packageJson.scripts).toHaveProperty([`demo:${name}`], `${packageJson.scripts.start} ${name}`)
  })

  it('knows a script for each demo and no other', () => {
    const scripts = Object.keys(packageJson.scripts).filter((script) => script.startsWith('demo:'))
    expect(scripts.sort()).toEqual(demos.map(({ name }) => `demo:${name}`).sort())
  })

  it.each(['abc', '-1', '65536', '3.5', ' '])('refuses the port %j', (port) => {
    expect(read([], port)).toEqual({ kind: 'invalid', message: `PORT has to be a whole number from 0 to 65535, got '${port}'` })
  })

  it('refuses what it does not know', () => {
    expect(read(['--verbose'])).toEqual({ kind: 'invalid', message: 'Unknown option --verbose' })
    expect(read(['scenario:none'])).toEqual({ kind: 'invalid', message: `There is no demo 'scenario:none'` })
    expect(read(['canary'])).toEqual({ kind: 'invalid', message: `There is no demo 'canary'; there is scenario:canary` })
    expect(read(['a', 'b'])).toMatchObject({ kind: 'invalid' })
  })
})

describe('the process', () => {
  it('lists the demos', { timeout }, async () => {
    const { exited, output } = startStarter(['--list'])
    expect(await exited).toBe(0)
    expect(output()).toBe(`${describeDemos(demos)}\n`)
  })

  it('says which port is taken and ends with 1', { timeout }, async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const { exited, output } = startStarter([], { PORT: String(port) })
    expect(await exited).toBe(1)
    expect(output()).toContain(`port ${port} is already in use`)
    expect(output()).not.toContain('    at ')
  })

  it('explains itself when it does not understand, and ends with 2', { timeout }, async () => {
    const { exited, output } = startStarter(['scenario:none'])
    expect(await exited).toBe(2)
    expect(output()).toMatch(/^There is no demo 'scenario:none'\.\n\nUsage:/)
  })
})
