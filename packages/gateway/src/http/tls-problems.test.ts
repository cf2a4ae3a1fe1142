import { describe, expect, it } from 'vitest'
import { authority, localServer } from '../../test/certificates.js'
import { tlsProblems } from './tls-problems.js'

const pathsOf = (options: object) => tlsProblems(options).map(({ path }) => path)

describe('tlsProblems', () => {
  it('has none with certificates and keys that fit', () => {
    expect(tlsProblems({})).toEqual([])
    expect(tlsProblems({ ...localServer, ca: authority })).toEqual([])
    expect(tlsProblems({ ca: [Buffer.from(authority), authority] })).toEqual([])
  })

  it.each([
    { what: 'an empty list of authorities, with which nobody is trusted', options: { ca: [] }, paths: ['ca'] },
    { what: 'an empty authority', options: { ca: '' }, paths: ['ca'] },
    { what: 'one empty authority of two', options: { ca: [authority, ''] }, paths: ['ca'] },
    { what: 'an empty certificate and key, which Node takes for none', options: { cert: '', key: '' }, paths: ['cert', 'key'] },
    { what: 'an empty key', options: { cert: localServer.cert, key: Buffer.alloc(0) }, paths: ['key'] },
    { what: 'an empty archive', options: { pfx: '' }, paths: ['pfx'] },
    { what: 'numbers', options: { cert: 5, key: 6 }, paths: ['cert', 'key'] },
    { what: 'null', options: { ca: null }, paths: ['ca'] },
  ])('complains of $what', ({ options, paths }) => {
    expect(pathsOf(options)).toEqual(paths)
  })

  it.each([
    { name: 'cert', value: '/etc/tls/tls.crt' },
    { name: 'key', value: 'certs/server.key' },
    { name: 'ca', value: 'C:\\tls\\ca.PEM' },
    { name: 'pfx', value: './server.p12' },
  ])('says what to do with the name of a file ($name)', ({ name, value }) => {
    const [problem, ...others] = tlsProblems({ ...localServer, [name]: value })
    expect(problem?.path).toBe(name)
    expect(problem?.message).toContain('readFileSync(name)')
    expect(problem?.message).not.toContain(value)
    expect(others).toEqual([])
  })

  it('never quotes what was given', () => {
    const options: object = { cert: 's3cret', key: 1234567 }
    expect(JSON.stringify(tlsProblems(options))).not.toMatch(/s3cret|1234567/)
  })
})
