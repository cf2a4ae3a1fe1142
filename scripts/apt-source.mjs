// Where a machine with apt gets another release of Debian from: the same archive as its own.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = '/etc/apt'

/** The options of a one-line entry as fields of a stanza; the others do not matter for one package. */
const optionFields = {
  arch: 'Architectures',
  'signed-by': 'Signed-By',
  trusted: 'Trusted',
  'check-valid-until': 'Check-Valid-Until',
}

/** The texts of this machine's lists of sources, in the order in which apt reads them. */
export function machineSources() {
  const parts = join(folder, 'sources.list.d')
  const names = existsSync(parts) ? readdirSync(parts).sort() : []
  const paths = [join(folder, 'sources.list'), ...names.map((name) => join(parts, name))]
  return paths
    .filter((path) => /\.(list|sources)$/.test(path) && existsSync(path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
}

/**
 * A stanza, as sources.list(5) has it, that leads to another suite of the Debian archive that these sources use, with the same URI, key and
 * components.
 *
 * @param {{ path: string, text: string }[]} sources `.list` files hold one entry a line, `.sources` files hold stanzas
 * @param {string} suite such as `bullseye`
 * @returns {string | undefined} nothing where no source is Debian's own archive
 */
export function sourceOfSuite(sources, suite) {
  const entries = sources.flatMap(({ path, text }) => (path.endsWith('.sources') ? readStanzas(text) : readLines(text)))
  const archive = entries.find(isDebianArchive)
  if (archive === undefined) return undefined
  const fields = new Map([...archive, ['types', ['Types', 'deb']], ['suites', ['Suites', suite]]])
  return [...fields.values()].map(([name, value]) => `${name}:${value.startsWith('\n') ? '' : ' '}${value}\n`).join('')
}

/** Packages of a release of Debian: neither its security updates and other supplements, nor an archive of somebody else. */
function isDebianArchive(entry) {
  const words = (name) => (entry.get(name)?.[1] ?? '').split(/\s+/)
  return (
    words('enabled')[0] !== 'no' &&
    words('types').includes('deb') &&
    words('components').includes('main') &&
    words('suites').some((suite) => /^[a-z]+$/.test(suite)) &&
    words('uris').some((uri) => /\/debian(\/|\.list$|$)/.test(uri))
  )
}

/** Stanzas as maps from a field's name in lower case to its name and value. A value may go on in lines that begin with a space. */
function readStanzas(text) {
  const withoutComments = text.replace(/^#.*\n?/gm, '')
  return withoutComments.split(/\n\s*\n/).map((stanza) => {
    const fields = [...stanza.matchAll(/^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)]
    return new Map(fields.map(([, name, value]) => [name.toLowerCase(), [name, value.trimEnd()]]))
  })
}

/** The same of lines such as `deb [signed-by=/a.gpg] URI bookworm main contrib`. */
function readLines(text) {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim())
  return lines.flatMap((line) => {
    const [, type, options = '', uri, suite, components] = /^(\S+)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+(.+)$/.exec(line) ?? []
    if (type === undefined) return []
    const pairs = options.split(/\s+/).map((option) => option.split('='))
    const known = pairs
      .filter(([name]) => Object.hasOwn(optionFields, name))
      .map(([name, value]) => [optionFields[name], value.replaceAll(',', ' ')])
    const fields = [['Types', type], ['URIs', uri], ['Suites', suite], ['Components', components], ...known]
    return [new Map(fields.map(([name, value]) => [name.toLowerCase(), [name, value]]))]
  })
}
