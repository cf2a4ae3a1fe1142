import { isUtf8 } from 'node:buffer'
import type { ResolvedMirrorDiff } from '../../config/mirror-config.js'
import { fieldsView } from '../../http/fields-view.js'
import { headerValue, headerValues } from '../../http/header-lookup.js'
import { contentCoding, withoutCoding } from '../../transforms/content-coding.js'
import { answerRefusals } from '../../transforms/refusals.js'
import type { CapturedAnswer } from './answer-capture.js'
import type { Finding, MirrorDifference } from './diff-report.js'
import type { IgnoredPlaces } from './ignored-paths.js'
import { jsonDifferences } from './json-differences.js'

/** What is told of one pair of answers. */
export const maxDifferences = 20
const valueChars = 100
/** Names in JSON may be as long, and lie as deep, as its author likes; reports keep many of them. */
const pathChars = 200
const unknown: Finding = Object.freeze({ verdict: 'unknown' })
const same: Finding = Object.freeze({ verdict: 'same' })
const json = /^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i

interface Located extends MirrorDifference {
  readonly kind: string
}

/** Compares two answers. Never says `same` of what was not looked at, and never rejects. */
export async function compareAnswers(
  primary: CapturedAnswer,
  mirror: CapturedAnswer,
  config: ResolvedMirrorDiff,
  ignored: IgnoredPlaces,
): Promise<Finding> {
  try {
    if (config.compare !== undefined) return await compareByFunction(primary, mirror, config.compare, config.maxBodyBytes)
    if (primary.status !== mirror.status) {
      // One of them was asked whether it has changed, and has not: that says nothing of what it would have answered.
      if (primary.status === 304 || mirror.status === 304) return unknown
      if (config.status) return different([at('status', primary.status, mirror.status, config.values)])
    }
    const differences = differingFields(primary, mirror, config)
    const inBodies = await differingBodies(primary, mirror, config, ignored)
    if (inBodies !== undefined) differences.push(...inBodies)
    if (differences.length > 0) return different(differences)
    return inBodies === undefined ? unknown : same
  } catch {
    return unknown // the user's function failed, or a value was too deep to be told
  }
}

function differingFields(primary: CapturedAnswer, mirror: CapturedAnswer, { headers, values }: ResolvedMirrorDiff): Located[] {
  return headers.flatMap((name) => {
    const [ours, theirs] = [headerValues(primary.headers, name).join(', '), headerValues(mirror.headers, name).join(', ')]
    return ours === theirs ? [] : [at(`header:${name}`, ours, theirs, values)]
  })
}

/** `undefined`: nobody can know. */
async function differingBodies(
  primary: CapturedAnswer,
  mirror: CapturedAnswer,
  { body, maxBodyBytes, values }: ResolvedMirrorDiff,
  ignored: IgnoredPlaces,
): Promise<readonly Located[] | undefined> {
  const areJson = [isJson(primary), isJson(mirror)] as const
  if (body === false || (body === 'json' && !areJson.includes(true))) return []
  const ours = await decoded(primary, maxBodyBytes)
  const theirs = await decoded(mirror, maxBodyBytes)
  if (ours === undefined || theirs === undefined) return undefined
  if (ours.equals(theirs)) return []
  const whole: readonly Located[] = [{ at: 'body', kind: 'body' }]
  if (areJson.includes(false)) return whole
  const parsed = [parse(ours), parse(theirs)] as const
  if (parsed[0] === undefined || parsed[1] === undefined) return whole
  return jsonDifferences(parsed[0].value, parsed[1].value, ignored, maxDifferences).map(
    ({ path, field, primary: left, mirror: right }) => ({
      ...at(cutPath(path), left, right, values),
      kind: cutPath(field),
    }),
  )
}

async function compareByFunction(
  primary: CapturedAnswer,
  mirror: CapturedAnswer,
  compare: NonNullable<ResolvedMirrorDiff['compare']>,
  maxBytes: number,
): Promise<Finding> {
  const ours = await decoded(primary, maxBytes)
  const theirs = await decoded(mirror, maxBytes)
  if (ours === undefined || theirs === undefined) return unknown
  const said: unknown = compare(
    { status: primary.status, headers: fieldsView(primary.headers), body: ours },
    { status: mirror.status, headers: fieldsView(mirror.headers), body: theirs },
  )
  if (!Array.isArray(said) || !said.every((word) => typeof word === 'string')) {
    if (said instanceof Promise) said.catch(ignore)
    return unknown
  }
  return said.length === 0 ? same : different(said.slice(0, maxDifferences).map((word) => at(word.slice(0, valueChars), 0, 0, false)))
}

function ignore(): void {
  // nobody waits for it: a comparison is not asynchronous
}

/** `undefined` for a body that was too long, or that cannot be decoded. */
async function decoded({ headers, body }: CapturedAnswer, maxBytes: number): Promise<Buffer | undefined> {
  if (body === undefined || body.length === 0) return body
  const coding = contentCoding(headers)
  if (coding === '') return body
  return withoutCoding(body, coding, maxBytes, answerRefusals(maxBytes)).catch(() => undefined)
}

function isJson({ headers }: CapturedAnswer): boolean {
  return json.test(headerValue(headers, 'content-type') ?? '')
}

/** `undefined` for what is no JSON, which is UTF-8 (RFC 8259, 8.1): of other bytes different ones would be read as the same character. */
function parse(bytes: Buffer): { readonly value: unknown } | undefined {
  if (!isUtf8(bytes)) return undefined
  try {
    return { value: JSON.parse(bytes.toString()) as unknown }
  } catch {
    return undefined
  }
}

function different(located: readonly Located[]): Finding {
  return {
    verdict: 'different',
    kinds: [...new Set(located.map(({ kind }) => kind))],
    differences: located.slice(0, maxDifferences).map(({ kind: _kind, ...difference }) => difference),
  }
}

function at(place: string, primary: unknown, mirror: unknown, values: boolean): Located {
  return values ? { at: place, kind: place, primary: describe(primary), mirror: describe(mirror) } : { at: place, kind: place }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === Infinity || value === -Infinity) return String(value) // 1e999, which is no null
  const text = JSON.stringify(value)
  return text.length > valueChars ? `${text.slice(0, valueChars)}…` : text
}

/** The end of it says which field it is. */
function cutPath(path: string): string {
  return path.length > pathChars ? `$…${path.slice(-pathChars)}` : path
}
