// Every relative link in a tracked or new Markdown file leads to a file, and every #fragment to a heading.
import './require-node.mjs'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { run } from './run.mjs'
import { root } from './workspace.mjs'

const { output } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root })
const files = output.split('\n').filter((file) => file !== '' && existsSync(join(root, file)))
const broken = files.flatMap((file) => linksOf(file).flatMap((link) => complaintsOf(file, link)))

for (const complaint of broken) console.error(complaint)
console.log(`${files.length} Markdown files, ${broken.length} broken links`)
process.exitCode = broken.length > 0 ? 1 : 0

function proseOf(path) {
  return readFileSync(path, 'utf8').replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '')
}

function linksOf(file) {
  const prose = proseOf(join(root, file)).replaceAll(/`[^`\n]*`/g, '')
  const inline = [...prose.matchAll(/\]\(\s*<?([^)>\s]+)>?[^)]*\)/g)]
  const references = [...prose.matchAll(/^\s*\[(?!\^)[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm)]
  return [...inline, ...references].map((match) => match[1])
}

function complaintsOf(file, link) {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return []
  const [path, fragment] = decodeURIComponent(link).split('#')
  const target = path === '' ? join(root, file) : resolve(root, dirname(file), path)
  if (!existsSync(target)) return [`${file}: ${link} leads to no file`]
  if (fragment === undefined || !target.endsWith('.md')) return []
  return headingIds(target).has(fragment) ? [] : [`${file}: ${link} leads to no heading`]
}

/** The fragments that GitHub gives headings: lower case, punctuation dropped, blanks to dashes, repetitions numbered. */
function headingIds(path) {
  const ids = new Set()
  for (const [, heading] of proseOf(path).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const id = plain
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    let unique = id
    for (let count = 1; ids.has(unique); count++) unique = `${id}-${count}`
    ids.add(unique)
  }
  return ids
}
