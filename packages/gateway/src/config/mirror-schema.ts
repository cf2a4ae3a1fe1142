import type { ZodType } from 'zod'
import { ignoredPathProblem } from '../mirror/diff/ignored-paths.js'
import { type Fields, got, type Loose } from './fields.js'
import type { HeaderEdits } from './header-edits.js'
import { checkHeaderEdits, headerName, headerValue } from './header-schema.js'
import { methodsSchema } from './methods-schema.js'
import type { MirrorConfig, MirrorDiffConfig } from './mirror-config.js'

export function mirrorSchema(fields: Fields): ZodType {
  return fields.options<MirrorConfig>(
    {
      service: fields.text,
      filter: fields.filter.optional(),
      percentage: fields.percent.optional(),
      methods: methodsSchema(fields, 'a list of methods; leave it out for GET, HEAD and OPTIONS').optional(),
      timeout: fields.duration().optional(),
      maxInFlight: fields.count.optional(),
      maxBodyBytes: fields.count.optional(),
      headers: editsSchema(fields).optional(),
      keepCredentials: fields.flag.optional(),
      waitForResponse: fields.flag.optional(),
      diff: fields.or([true, false], diffSchema(fields), 'true, false or the options of a diff').optional(),
    },
    { serviceName: 'service', percent: 'percentage', weight: 'percentage' },
  )
}

function editsSchema(fields: Fields): ZodType {
  const schema = fields.options<HeaderEdits>({
    set: fields.z.record(fields.z.string(), headerValue(fields), got('an object')).optional(),
    remove: fields.z.array(headerName(fields), got('an array of header names')).optional(),
  })
  return fields.rule(schema, checkHeaderEdits)
}

function diffSchema(fields: Fields): ZodType {
  const schema = fields.options<MirrorDiffConfig>({
    status: fields.flag.optional(),
    headers: fields.z.array(headerName(fields), got('an array of header names')).optional(),
    body: fields.where("true, false or 'json'", (value) => typeof value === 'boolean' || value === 'json').optional(),
    ignore: fields.z.array(fields.checkedText(ignoredPathProblem), got('an array of paths')).optional(),
    maxBodyBytes: fields.count.optional(),
    values: fields.flag.optional(),
    compare: fields.function('a function of both answers that returns a list of what differs').optional(),
  })
  return fields.rule(schema, (diff, report) => {
    if (diff.compare !== undefined) {
      for (const name of ['status', 'headers', 'body', 'ignore', 'values'] as const) {
        if (diff[name] !== undefined) report([name], 'is not read where compare is given; keep one')
      }
    } else if (comparesNothing(diff)) report([], 'compares nothing: status and body are off, and headers are empty')
    if (diff.body === false && diff.compare === undefined) {
      for (const name of ['ignore', 'maxBodyBytes'] as const)
        if (diff[name] !== undefined) report([name], 'is about bodies, and body is off')
    }
  })
}

function comparesNothing({ status, headers, body }: Loose<MirrorDiffConfig>): boolean {
  return status === false && body === false && Array.isArray(headers) && headers.length === 0
}
