import { describe, expect, it } from 'vitest'
import { sourceOfSuite } from './apt-source.mjs'

const stanzas = (text) => [{ path: '/etc/apt/sources.list.d/debian.sources', text }]
const lines = (text) => [{ path: '/etc/apt/sources.list', text }]

describe('sourceOfSuite', () => {
  it('takes URI, key and components from the stanza of the archive', () => {
    const text = `# how it came
Types: deb deb-src
# a comment between fields
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`
    expect(sourceOfSuite(stanzas(text), 'bullseye')).toBe(`Types: deb
URIs: http://mirror.test/debian
Suites: bullseye
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`)
  })

  it('passes over security updates, foreign archives, sources of source code, and what is switched off', () => {
    const text = `Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://foreign.test/tool
Suites: bookworm
Components: main

Types: deb-src
URIs: http://mirror.test/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main

types: deb
uris: http://right.test/debian/
suites: stable
components: main
`
    expect(sourceOfSuite(stanzas(text), 'bullseye')).toBe(
      'Types: deb\nuris: http://right.test/debian/\nSuites: bullseye\ncomponents: main\n',
    )
  })

  it('keeps a key that stands in the stanza itself', () => {
    const key = 'Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n'
    const text = `Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm\nComponents: main\n${key}`
    expect(sourceOfSuite(stanzas(text), 'bullseye')).toContain(`Components: main\n${key}`)
  })

  it('reads entries of one line, with options and comments', () => {
    const text = `# deb http://old.test/debian buster main
deb-src http://mirror.test/debian bookworm main
deb http://mirror.test/debian-security bookworm-security main
deb [arch=amd64,arm64 lang=en signed-by=/a.gpg] http://mirror.test/debian bookworm main non-free # ours
`
    expect(sourceOfSuite(lines(text), 'bullseye')).toBe(`Types: deb
URIs: http://mirror.test/debian
Suites: bullseye
Components: main non-free
Architectures: amd64 arm64
Signed-By: /a.gpg
`)
    expect(sourceOfSuite(lines('deb http://mirror.test/debian bookworm main'), 'bullseye')).toContain('Suites: bullseye')
  })

  it('knows no source on a machine that is not Debian', () => {
    expect(sourceOfSuite([], 'bullseye')).toBeUndefined()
    expect(sourceOfSuite(lines('deb http://mirror.test/ubuntu noble main\nnonsense\n\n'), 'bullseye')).toBeUndefined()
    expect(sourceOfSuite(stanzas('\n\n# nothing\n'), 'bullseye')).toBeUndefined()
  })
})
