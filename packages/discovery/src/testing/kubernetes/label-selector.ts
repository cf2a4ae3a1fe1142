import { faults } from './api-fault.js'

type Labels = Readonly<Record<string, string>>

/** Whether an object with these labels is selected. */
export type LabelSelector = (labels: Labels) => boolean

const setBased = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/
const equality = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/
const existence = /^(!?)\s*([^\s=!()]+)$/

/**
 * The selector that a `labelSelector` parameter means: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`, joined by commas.
 *
 * @throws {ApiFaultError} 400
 */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = splitRequirements(text).map(parseRequirement)
  return (labels) => requirements.every((holds) => holds(labels))
}

function parseRequirement(text: string): LabelSelector {
  const [, setKey, operator, list] = setBased.exec(text) ?? []
  if (setKey !== undefined && list !== undefined) {
    const values = list.split(',').map((value) => value.trim())
    return operator === 'in' ? isIn(setKey, values) : not(isIn(setKey, values))
  }
  const [, key, comparison, value] = equality.exec(text) ?? []
  if (key !== undefined && value !== undefined) return comparison === '!=' ? not(isIn(key, [value])) : isIn(key, [value])
  const [, absent, name] = existence.exec(text) ?? []
  if (name === undefined) throw faults.badRequest(`unable to parse requirement: ${text}`)
  const exists: LabelSelector = (labels) => labels[name] !== undefined
  return absent === '!' ? not(exists) : exists
}

function isIn(key: string, values: readonly string[]): LabelSelector {
  return (labels) => labels[key] !== undefined && values.includes(labels[key])
}

function not(selector: LabelSelector): LabelSelector {
  return (labels) => !selector(labels)
}

/** At the commas that stand in no parentheses. */
function splitRequirements(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
