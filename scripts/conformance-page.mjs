/**
 * The rules of the conformance page, the tests that show them, and the page itself. Nothing here reads or writes a file.
 *
 * A file of rules begins with the title of its part. A rule is a line `source | rule`; each indented line below it names tests, as `*`
 * stands for anything: the file without `.test.ts`, ` > `, and the test with the suites around it. Straight quotes do not count: vitest
 * writes them around the values in a title.
 *
 * @typedef {{ source: string, text: string, patterns: string[] }} Rule
 * @typedef {{ title: string, rules: Rule[] }} Part
 * @typedef {{ file: string, name: string, status: string }} Result `file` from the top of the repository, `name` as in a pattern
 * @typedef {{ source: string, what: string, why: string }} Departure
 */

/** The one file whose tests are expected to fail: what they show does not hold yet. */
const gaps = 'conformance-gaps'

/**
 * @param {string} text
 * @returns {Part}
 */
export function readRules(text) {
  const [title = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '')
  /** @type {Rule[]} */
  const rules = []
  for (const line of lines) {
    if (line.startsWith(' ')) {
      const rule = rules.at(-1)
      if (rule === undefined) throw new Error(`${title}: a test stands before the first rule`)
      rule.patterns.push(line.trim())
      continue
    }
    const [source = '', text] = line.split(' | ')
    if (text === undefined) throw new Error(`${title}: no source in "${line}"`)
    rules.push({ source, text, patterns: [] })
  }
  return { title, rules }
}

/**
 * @param {string} text
 * @returns {Departure[]}
 */
export function readDepartures(text) {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [source = '', what = '', why] = line.split(' | ')
      if (why === undefined) throw new Error(`no reason in "${line}"`)
      return { source, what, why }
    })
}

/**
 * The gateway's tests in a report of vitest's JSON reporter.
 *
 * @param {{ testResults: { name: string, assertionResults: { ancestorTitles: string[], title: string, status: string }[] }[] }} report
 * @returns {Result[]}
 */
export function readReport({ testResults }) {
  return testResults.flatMap(({ name: path, assertionResults }) => {
    const file = /packages[\\/]gateway[\\/](?:src|test)[\\/].*$/.exec(path)?.[0].replaceAll('\\', '/')
    if (file === undefined) return []
    const stem = file.slice(file.lastIndexOf('/') + 1, -'.test.ts'.length)
    return assertionResults.map(({ ancestorTitles, title, status }) => ({
      file,
      name: [stem, ...ancestorTitles, title].join(' > '),
      status,
    }))
  })
}

/**
 * @param {readonly Part[]} parts
 * @param {readonly Result[]} results
 */
export function judge(parts, results) {
  /** @type {string[]} */
  const problems = []
  /** @type {Set<Result>} */
  const shown = new Set()
  const judged = parts.map(({ title, rules }) => ({
    title,
    rules: rules.map((rule) => {
      const at = `${title}: "${rule.text}"`
      if (rule.patterns.length === 0) problems.push(`${at} names no test`)
      const tests = rule.patterns.map((pattern) => {
        const matching = results.filter(matcherOf(pattern))
        if (matching.length === 0) problems.push(`${at}: no test is called ${pattern}`)
        for (const result of matching) {
          shown.add(result)
          if (result.status !== 'passed') problems.push(`${at}: ${result.name} ${result.status}`)
        }
        return { pattern, files: [...new Set(matching.map(({ file }) => file))] }
      })
      const missing = rule.patterns.filter((pattern) => pattern.startsWith(`${gaps} > `)).length
      if (missing > 0 && missing < rule.patterns.length) problems.push(`${at} holds in part: make two rules of it`)
      return { ...rule, tests, holds: missing === 0 }
    }),
  }))
  for (const result of results)
    if (result.name.startsWith(`${gaps} > `) && !shown.has(result)) problems.push(`no rule names ${result.name}, which is expected to fail`)
  return { judged, problems }
}

/** @param {string} pattern */
function matcherOf(pattern) {
  const source = unquoted(pattern)
    .split('*')
    .map((text) => text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('.*')
  const regex = new RegExp(`^${source}$`, 's')
  return (/** @type {Result} */ { name }) => regex.test(unquoted(name))
}

/** @param {string} text */
function unquoted(text) {
  return text.replaceAll("'", '')
}

/**
 * The stems of the files that rules name.
 *
 * @param {readonly Part[]} parts
 */
export function filesNamed(parts) {
  const patterns = parts.flatMap(({ rules }) => rules.flatMap((rule) => rule.patterns))
  return [...new Set(patterns.map((pattern) => pattern.split(' > ')[0] ?? ''))].sort()
}

/**
 * @param {ReturnType<typeof judge>['judged']} parts
 * @param {readonly Departure[]} departures
 */
export function conformancePage(parts, departures) {
  const open = parts.flatMap(({ rules }) => rules.filter(({ holds }) => !holds))
  const total = parts.flatMap(({ rules }) => rules).length
  return `${[
    introduction,
    table(
      ['Part', 'Rules', 'Hold', 'Not yet'],
      [
        ...parts.map(({ title, rules }) => [
          `[${title}](#${title.toLowerCase().replaceAll(',', '').replaceAll(' ', '-')})`,
          ...counts(rules.length, rules.filter(({ holds }) => !holds).length),
        ]),
        ['**All**', ...counts(total, open.length)],
      ],
    ),
    ...parts.flatMap(({ title, rules }) => [
      `## ${title}`,
      table(
        ['Source', 'Rule', 'Shown by', 'Result'],
        rules.map((rule) => [linked(rule.source), cell(rule.text), shownBy(rule.tests), rule.holds ? 'holds' : '**not yet**']),
      ),
    ]),
    '## Not (yet)',
    'Rules above that do not hold yet. Their tests are run, too: one that begins to pass fails the run until its rule is moved up.',
    table(
      ['Source', 'Rule', 'Fails'],
      open.map(({ source, text, tests }) => [linked(source), cell(text), shownBy(tests)]),
    ),
    'What is deliberately done otherwise, or not at all:',
    table(
      ['Source', 'What', 'Why'],
      departures.map(({ source, what, why }) => [linked(source), cell(what), cell(why)]),
    ),
  ].join('\n\n')}\n`
}

const introduction = `<!-- Written by \`pnpm conformance\`: change the rules in scripts/conformance/, not this page. -->

# Conformance

What the gateway promises of HTTP, rule by rule, with the tests that show it. To its clients it is an origin server, to its services a client
([RFC 9110, 3.7](https://www.rfc-editor.org/rfc/rfc9110#section-3.7)); rules for proxies that clients choose are followed where they make sense
for one that services put in front of themselves. "Gateway" marks rules of our own.

The results are those of a test run: \`pnpm conformance\` runs the gateway's tests and writes this page, and refuses to where a rule names
no test, or one that does not exist, was skipped or failed. CI makes the page again from its own run and fails if it is not this one. Most of the tests
write bytes to a socket on one side of a gateway and read them on the other. In "Shown by", \`*\` stands for any text.`

/** @param {number} total @param {number} open */
function counts(total, open) {
  return [String(total), String(total - open), String(open)]
}

/** @param {{ pattern: string, files: string[] }[]} tests */
function shownBy(tests) {
  /** @type {Map<string, string[]>} */
  const byFile = new Map()
  for (const { pattern, files } of tests) {
    const [stem = '', ...rest] = pattern.split(' > ')
    const link = files.map((file) => `[${stem}](../${file})`).join(', ')
    const title = rest.join(' > ')
    byFile.set(link, [...(byFile.get(link) ?? []), ...(title === '*' ? [] : [cell(title)])])
  }
  return Array.from(byFile, ([link, titles]) => (titles.length === 0 ? link : `${link}: ${titles.join('; ')}`)).join('<br>')
}

/** @param {string} source */
function linked(source) {
  const [, number, section] = /^RFC (\d+)(?:, ([\d.]+))?$/.exec(source) ?? []
  if (number === undefined) return source
  return `[${source}](https://www.rfc-editor.org/rfc/rfc${number}${section === undefined ? '' : `#section-${section}`})`
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll(/`[^`]*`|[\\|*_<[\]]/g, (match) => (match.length > 1 ? match : `\\${match}`))
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
