import type { ZodType } from 'zod'
import type { MessageTransform, TransformConfig } from './definition.js'
import type { Fields } from './fields.js'
import { checkHeaderEdits, headerName, headerValue } from './header-schema.js'

export function transformSchema(fields: Fields): ZodType {
  const message = messageTransformSchema(fields).optional()
  return fields.options<TransformConfig>({ request: message, response: message })
}

function messageTransformSchema(fields: Fields): ZodType {
  const schema = fields.options<MessageTransform<unknown>>({
    set: fields.z.record(fields.z.string(), headerValue(fields)).optional(),
    remove: fields.z.array(headerName(fields)).optional(),
    body: fields.function('a function of the bytes that gives the new body').optional(),
    when: fields.function('a function of the head that gives true or false').optional(),
    maxBytes: fields.count.optional(),
  })
  return fields.rule(schema, (transform, report) => {
    checkHeaderEdits(transform, report)
    if (transform.body !== undefined) return
    for (const name of ['when', 'maxBytes'] as const) {
      if (transform[name] !== undefined) report([name], 'is about bodies, and there is no function for them: add body, or leave it out')
    }
  })
}
